"""Error codes of the AuthServer (RFC 6749 section 5.2)."""
