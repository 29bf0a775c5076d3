"""Strict reading and exact writing."""
