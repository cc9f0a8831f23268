"""Clients of the REST routes and of CDS Hooks, generated from the OpenAPI document."""
