"""What the pages are given by the application: figures of the database and of the settings."""

from collections.abc import Awaitable, Callable

import msgspec


class ServiceLifetime(msgspec.Struct, frozen=True):
    """How long the tokens of one service live, in seconds; `name` is the scope word."""

    name: str
    access_seconds: int
    refresh_idle_seconds: int
    refresh_total_seconds: int


class RefreshRules(msgspec.Struct, frozen=True):
    """The settings of refresh rotation that a partner notices.

    `repeat_window_seconds` is how long a lost answer may be fetched again, `late_repeats` the generations in a row with a
    late repeat from another network that count as reuse, `families_most` the live sign-ins of one client and account.
    """

    repeat_window_seconds: int
    late_repeats: int
    families_most: int


class Mail(msgspec.Struct, frozen=True):
    """A mail that left or waits to leave; instants in ms since the epoch, `sent_at` None while it waits."""

    recipient: str
    subject: str
    body: str
    created_at: int
    sent_at: int | None


Lifetimes = Callable[[], Awaitable[list[ServiceLifetime]]]
Outbox = Callable[[], Awaitable[list[Mail]]]
