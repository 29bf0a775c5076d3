"""A desk in an empty directory."""

from tests.directory.conftest import desk

__all__ = ["desk"]
