"""The keys in use: made, rotated, sealed at rest, opened and parsed once."""
