"""Error codes of Partner Services, and the words of its challenges (RFC 6750 section 3.1)."""
