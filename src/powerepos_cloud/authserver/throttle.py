"""Limits on failures, per process. A 429 only ever replaces a refusal: a right request is answered always.

So a limit stands behind the check of the credentials, never before it (contract section 3, "too many failures").
"""

import hashlib
import math
from collections import OrderedDict

from powerepos_cloud.authserver.errors import OAuthError, TooManyFailures
from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.http.source import throttle_key

_FORGET_MS = 15 * 60_000
_MINUTE_MS = 60_000
_LONGEST_DELAY_S = 300
_MOST_KEYS = 100_000

SOURCE_FREE = 300
CLIENT_FREE = 30
ACCOUNT_FREE = 10


class _Failures:
    __slots__ = ("blocked_until", "count", "last_at", "window_at")

    def __init__(self, now_ms: int) -> None:
        self.count = 0
        self.window_at = now_ms
        self.last_at = now_ms
        self.blocked_until = 0


class Throttle:
    """Three buckets: source; client + source; client + source + what was tried."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[bytes, _Failures] = OrderedDict()

    def client_failed(self, source: str, client_id: str, refusal: OAuthError) -> OAuthError:
        """Client authentication failed: the refusal to send, which is a 429 if there were too many."""
        where = throttle_key(source)
        waits = (
            self._failed(_key("source", where), SOURCE_FREE, per_minute=True),
            self._failed(_key("client", where, client_id), CLIENT_FREE),
        )
        return _worse(refusal, *waits)

    def grant_failed(self, source: str, client_id: str, tried: str, refusal: OAuthError) -> OAuthError:
        """A proved client showed wrong credentials; `tried` is the account, or the refresh token, known or not alike."""
        return _worse(refusal, self._failed(_key("grant", throttle_key(source), client_id, tried), ACCOUNT_FREE))

    def client_succeeded(self, source: str, client_id: str) -> None:
        """Forget this client's own failures from this source."""
        if self._failures:
            self._failures.pop(_key("client", throttle_key(source), client_id), None)

    def grant_succeeded(self, source: str, client_id: str, tried: str) -> None:
        """Forget the failures with these credentials."""
        if self._failures:
            self._failures.pop(_key("grant", throttle_key(source), client_id, tried), None)

    def _failed(self, key: bytes, free: int, *, per_minute: bool = False) -> int:
        """Count one failure; the seconds to wait, 0 if the refusal itself may be told."""
        now = self._clock.now_ms()
        failures = self._failures.get(key)
        if failures is None or now - failures.last_at > _FORGET_MS:
            failures = self._failures[key] = _Failures(now)
        self._failures.move_to_end(key)
        failures.last_at = now
        if now < failures.blocked_until:
            return math.ceil((failures.blocked_until - now) / 1000)
        if per_minute and failures.count < free and now - failures.window_at >= _MINUTE_MS:
            failures.count, failures.window_at = 0, now
        failures.count += 1
        if failures.count >= free:
            failures.blocked_until = now + 1000 * min(_LONGEST_DELAY_S, 2 ** min(failures.count - free, 9))
        while len(self._failures) > _MOST_KEYS:
            self._failures.popitem(last=False)
        return 0


def _worse(refusal: OAuthError, *waits: int) -> OAuthError:
    wait = max(waits)
    return TooManyFailures(wait) if wait else refusal


def _key(*parts: str) -> bytes:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).digest()
