"""Benchmarks, each beside its floor and its peers. No tests: they print ratios."""
