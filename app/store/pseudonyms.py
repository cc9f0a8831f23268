"""Patients by a name that cannot be read back."""

import hmac
import json


def pseudonym(key: bytes, tenant: str, patient: str) -> str:
    """The pseudonym of a patient: 32 hexadecimal digits, always the same under one key.

    Args:
        key: the secret of the deployment; without it nobody can try out which patient it is.
        tenant: whose patient it is; the same id of another tenant is another patient.
        patient: the id of the patient, which is never kept.
    """
    named = json.dumps([tenant, patient]).encode()
    return hmac.new(key, named, "sha256").hexdigest()[:32]
