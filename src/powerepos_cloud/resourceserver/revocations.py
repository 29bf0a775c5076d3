"""What was revoked, as a worker keeps it in memory: per thing *refused* and *narrowed at* (contract section 5).

Entries carry numbers, and only numbers are compared, so the map is the same whatever order they arrive in and however
often: no clock, no look-up per request.
"""

from collections.abc import Iterable
from typing import NamedTuple

from powerepos_cloud.accesstoken import AccessTokenClaims
from powerepos_cloud.resourceserver.feed import FeedEntry

_Key = tuple[str, ...]


class Reason(NamedTuple):
    """Why a token no longer works: a word for the log, a sentence meant to be sent."""

    word: str
    description: str


_REFUSED = {
    "grant": Reason("grant.refused", "The grant that this token belongs to was revoked: get a new one."),
    "connection": Reason("connection.refused", "The organisation has paused or ended its connection with this client."),
    "account": Reason("account.refused", "The service account is switched off."),
    "client": Reason("client.refused", "This client is switched off."),
    "organisation": Reason("organisation.refused", "The organisation is switched off."),
}
_NARROWED = "The rights behind this token have changed since it was issued: get a new one."
MOVED = Reason("organisation.moved", "The organisation was moved to another instance: get a new token and read svc again.")
_KINDS = frozenset(_REFUSED)
_STATES = frozenset(("refused", "lifted", "narrowed", "moved"))


class _Thing:
    """One thing's two facts, and the number that last switched the first."""

    __slots__ = ("narrowed_at", "refused", "switched_at")

    def __init__(self) -> None:
        self.refused = False
        self.switched_at = -1
        self.narrowed_at = -1


class RevocationMap:
    """All that the feed has said, folded."""

    def __init__(self) -> None:
        self._things: dict[_Key, _Thing] = {}
        self._moved: dict[str, tuple[int, str]] = {}

    def __len__(self) -> int:
        return len(self._things) + len(self._moved)

    def apply(self, entries: Iterable[FeedEntry]) -> list[FeedEntry]:
        """Fold entries in, known ones again without effect. Returns those whose kind or state is not understood."""
        return [entry for entry in entries if not self._apply(entry)]

    def _apply(self, entry: FeedEntry) -> bool:
        key = _key_of(entry)
        if key is None or entry.state not in _STATES:
            return False
        if entry.state == "moved":
            return self._move(entry)
        thing = self._things.get(key)
        if thing is None:
            thing = self._things[key] = _Thing()
        if entry.state == "narrowed":
            thing.narrowed_at = max(thing.narrowed_at, entry.n)
        elif entry.n > thing.switched_at:
            thing.switched_at = entry.n
            thing.refused = entry.state == "refused"
        return True

    def _move(self, entry: FeedEntry) -> bool:
        if entry.kind != "organisation" or not entry.id or not entry.svc:
            return False
        code = entry.id.upper()
        known = self._moved.get(code)
        if known is None or entry.n > known[0]:
            self._moved[code] = (entry.n, entry.svc)
        return True

    def refusal(self, claims: AccessTokenClaims, own_uri: str) -> Reason | None:
        """Why the instance at `own_uri` refuses this token, or None."""
        code = claims.org_id.upper()
        for key in (
            ("grant", claims.sid),
            ("connection", claims.client_id, claims.sub, code),
            ("account", claims.sub),
            ("client", claims.client_id),
            ("organisation", code),
        ):
            thing = self._things.get(key)
            if thing is None:
                continue
            if thing.refused:
                return _REFUSED[key[0]]
            if claims.rev < thing.narrowed_at:
                return Reason(f"{key[0]}.narrowed", _NARROWED)
        moved = self._moved.get(code)
        if moved is not None and moved[1] != own_uri and claims.rev < moved[0]:
            # `rev` is read by the statement that read the assignment, so a token for this instance with a `rev` from
            # after the move belongs to another service, whose instance was not what moved.
            return MOVED
        return None


def _key_of(entry: FeedEntry) -> _Key | None:
    """The thing that an entry names; None where the entry does not name one that we know."""
    if entry.kind == "connection":
        if not (entry.client_id and entry.sub and entry.org_id):
            return None
        return ("connection", entry.client_id, entry.sub, entry.org_id.upper())
    if entry.kind not in _KINDS or not entry.id:
        return None
    return (entry.kind, entry.id.upper() if entry.kind == "organisation" else entry.id)
