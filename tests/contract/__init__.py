"""The wire as partners see it: names, limits, codes."""
