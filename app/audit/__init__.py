"""From a call to the record of what was decided: digests and pseudonyms, never a body."""
