"""Several organisations in one deployment: each answered by an application of its own."""

from app.tenancy.running import Tenancy
from app.tenancy.switch import TenantSwitch

__all__ = ["Tenancy", "TenantSwitch"]
