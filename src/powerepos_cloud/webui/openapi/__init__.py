"""The published description of the APIs (OpenAPI 3.1), made from the types that the endpoints read and answer."""
