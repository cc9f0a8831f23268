"""What this service gives out as FHIR R4: an assessment, and the definitions that its codes stand on."""
