"""SMART backend services: how this service proves itself to a FHIR server when no user has signed in."""
