"""The same services as for the tests of Partner Services, on each of the two databases."""

from tests.partnerservices.conftest import feed, http, keys, services

__all__ = ["feed", "http", "keys", "services"]
