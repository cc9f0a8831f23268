"""The OpenAPI document as generators and people like it: steps that take what the framework wrote further."""
