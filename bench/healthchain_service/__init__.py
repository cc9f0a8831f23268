"""The same hook as a service of HealthChain; its environment is its own, see ``requirements.in``."""
