"""Front door for EHRs: CDS Hooks 2.0.1."""
