"""Clinical decision support for patients whose cancer has reached the spine or another bone."""
