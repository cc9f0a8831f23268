"""Trust: who calls, told by a token or a key that only a registered caller can have; for both front doors."""
