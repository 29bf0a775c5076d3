"""The world of the AuthServer's tests."""

from tests.authserver.conftest import world

__all__ = ["world"]
