"""The change feed: what an integrator reads to learn of every change once."""
