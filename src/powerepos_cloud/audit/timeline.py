"""What happened to one thing, from both databases, in the order of time: what support may see of it, and no more.

An event tells kinds, times, states and codes. No details of a deed and no person, who did it or whom it was about.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Row

REQUEST, RECORD, DEED = "request", "record", "deed"
"""Kinds of events: a call, something that was stored, something that somebody did."""
OK, WARN, BAD = "ok", "warn", "bad"

_WHO = {"user": "by a person", "operator": "by the operator", "system": "by PowerEPOS itself"}
_STATES = {
    OK: ("approved", "resumed", "reopened", "switched_on", "stop_lifted"),
    WARN: ("paused", "narrowed", "straggler", "late_repeat"),
    BAD: ("refused", "revoked", "reused", "switched_off", "token_leaked", "stopped", "revoked_everything"),
}
_STATE_OF = {verb: state for state, verbs in _STATES.items() for verb in verbs}


class Event(msgspec.Struct, frozen=True):
    """One event. `at` is in ms, `state` one of ok, warn, bad or empty; `link` is an ID that can be looked up in turn."""

    at: int
    kind: str
    title: str
    words: str = ""
    state: str = ""
    link: str | None = None
    is_it: bool = False
    """Whether it is the very thing that was looked for."""


def deeds(newest_first: Sequence[Row[Any]]) -> list[Event]:
    """Rows of the audit as events, oldest first: those of one instant in the order in which they were written."""
    return [_deed(row) for row in reversed(newest_first)]


def merged(parts: Iterable[Sequence[Event]]) -> list[Event]:
    """All of them, oldest first; what two looks found alike stands there once."""
    once = dict.fromkeys(event for part in parts for event in part)
    return sorted(once, key=lambda event: event.at)


def _deed(row: Row[Any]) -> Event:
    noun, _, verb = row.action.partition(".")
    who = _WHO.get(row.actor_kind) or f"by {row.actor_kind.replace('_', ' ')} {row.actor}"
    about = "" if row.subject_kind == "user" else f"{row.subject}, "
    title = f"{noun} {verb}".replace("_", " ")
    return Event(row.at, DEED, title[:1].upper() + title[1:], f"{about}{who}", _STATE_OF.get(verb, ""), row.request_id)
