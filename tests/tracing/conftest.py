from tests.privacy.conftest import log

__all__ = ["log"]
