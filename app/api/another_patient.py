"""Data of another patient in a request: a security event, told to the log as such [F01 to F05]."""

from app.audit.witness import HEADER
from app.errors import AnotherPatientError, ServiceError
from app.logs import logger


def note_another_patient(error: ServiceError, tenant: str) -> None:
    """Log a refusal where it was for that; whose data they are is in no log.

    Args:
        error: with which a request, or a part of it, is refused.
        tenant: whose service it is.
    """
    if isinstance(error, AnotherPatientError):
        decision = error.headers.get(HEADER)
        logger().warning("another_patient", status=error.status, tenant=tenant, decision=decision)
