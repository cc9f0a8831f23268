"""The only room that knows FHIR's shape: R4 resources in, a record in the service's own words out."""
