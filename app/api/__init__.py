"""Front door for other services: REST under ``/api/v1``."""
