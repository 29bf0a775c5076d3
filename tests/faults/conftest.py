"""The world of the AuthServer's tests."""

from tests.authserver.conftest import stage, world

__all__ = ["stage", "world"]
