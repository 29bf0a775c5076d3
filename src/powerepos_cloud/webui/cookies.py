"""The WebUI's cookies. With TLS each name begins with `__Host-`: no other host and no plain http can set one."""

import hashlib
import hmac
import secrets
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from litestar import Request
from litestar.datastructures import Cookie

from powerepos_cloud.directory.sign_in import Browser
from powerepos_cloud.foundation.sealing import MasterKeyError, Seal

T = TypeVar("T")

_KNOWN_DAYS = 180
_MOST_PEOPLE = 8
_SAID_SECONDS = 120
_THEME_SECONDS = 365 * 86_400
THEMES = ("light", "dark")


class _Said(msgspec.Struct, frozen=True):
    session_id: int
    text: str


class Cookies:
    """Makes and reads them. What could be forged to do harm is sealed under the master key."""

    def __init__(self, public_url: str, seal: Seal) -> None:
        self._is_secure = urlsplit(public_url).scheme == "https"
        self._prefix = "__Host-pepos_" if self._is_secure else "pepos_"
        self._seal = seal

    def session_token(self, request: Request[Any, Any, Any]) -> str | None:
        """The token of the session, not looked up yet."""
        return _token(request.cookies.get(f"{self._prefix}session"))

    def session(self, token: str) -> Cookie:
        """The session, until the browser is closed."""
        return self._cookie("session", token)

    def visit_token(self, request: Request[Any, Any, Any]) -> str | None:
        """What binds the forms of pages that need no sign-in to this browser."""
        return _token(request.cookies.get(f"{self._prefix}visit"))

    def visit(self, token: str) -> Cookie:
        """The visit, until the browser is closed."""
        return self._cookie("visit", token)

    def browser_of(self, request: Request[Any, Any, Any]) -> Browser | None:
        """The browser, if somebody signed in with it before."""
        return self._open(request.cookies.get(f"{self._prefix}browser"), Browser)

    def browser(self, known: Browser | None, user_id: int) -> Cookie:
        """Note that this person has signed in with this browser."""
        before = () if known is None else tuple(one for one in known.user_ids if one != user_id)
        browser = Browser(secrets.token_hex(16) if known is None else known.id, (user_id, *before)[:_MOST_PEOPLE])
        return self._cookie("browser", self._close(browser), max_age=_KNOWN_DAYS * 86_400)

    def said_to(self, request: Request[Any, Any, Any], session_id: int) -> str:
        """What the next page is to say; empty if nothing."""
        said = self._open(request.cookies.get(f"{self._prefix}said"), _Said)
        return said.text if said is not None and said.session_id == session_id else ""

    def said(self, session_id: int, text: str) -> Cookie:
        """What the next page is to say. Never a secret."""
        return self._cookie("said", self._close(_Said(session_id, text)), max_age=_SAID_SECONDS)

    def theme(self, theme: str) -> Cookie:
        """The theme chosen: light or dark; anything else follows the system again."""
        if theme not in THEMES:
            return self._cookie("theme", "", max_age=0)
        return self._cookie("theme", theme, max_age=_THEME_SECONDS)

    def theme_of(self, request: Request[Any, Any, Any]) -> str:
        """The theme chosen; empty to follow the system."""
        theme = request.cookies.get(f"{self._prefix}theme", "")
        return theme if theme in THEMES else ""

    def without(self, name: str) -> Cookie:
        """Take a cookie away."""
        return self._cookie(name, "", max_age=0)

    def _cookie(self, name: str, value: str, max_age: int | None = None) -> Cookie:
        # Lax, not strict: who follows a link in one of our mails is to arrive signed in. Changes are POSTs with an Origin.
        return Cookie(
            key=self._prefix + name,
            value=value,
            path="/",
            max_age=max_age,
            httponly=True,
            secure=self._is_secure,
            samesite="lax",
        )

    def _close(self, what: Any) -> str:
        return self._seal.close(msgspec.json.encode(what)).decode()

    def _open(self, text: str | None, kind: type[T]) -> T | None:
        if not text or not text.isascii():
            return None
        try:
            return msgspec.json.decode(self._seal.open(text.encode()), type=kind)
        except (MasterKeyError, msgspec.MsgspecError):
            return None


def csrf_token(token: str, bound_to: str = "") -> str:
    """What a form must bring along: made of the session's (or visit's) token and the place at hand, worth nothing elsewhere."""
    return hmac.new(token.encode(), b"csrf\0" + bound_to.encode(), hashlib.sha256).hexdigest()


def _token(text: str | None) -> str | None:
    """A token as ours look; anything else is none."""
    if text is None or len(text) != 43 or not text.isascii():
        return None
    return text
