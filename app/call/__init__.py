"""A CDS Hooks client: it fires a hook at any service, for the patient of a file. Knows no other room."""
