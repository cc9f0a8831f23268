"""Other people's FHIR servers: which are asked, how, and what came back."""
