"""One grant, one file, one shape."""
