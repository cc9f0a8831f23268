"""Front door 3: the demo page and its invented patients."""
