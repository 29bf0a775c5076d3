"""What all pages share: templates, layout, security headers, and the pages that tell of an error."""

import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import jinja2
import msgspec
from litestar import MediaType, Request, Response

from powerepos_cloud.http.facts import request_id
from powerepos_cloud.webui import amounts, figures, markup, times
from powerepos_cloud.webui.assets import Assets

_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HSTS_SECONDS = 31_536_000

ThemeOf = Callable[[Request[Any, Any, Any]], str]
"""The theme that a reader chose: light, dark, or empty to follow the system."""


class NavLink(msgspec.Struct, frozen=True):
    """An entry of the navigation; `icon` names a symbol of `icons.html`."""

    path: str
    label: str
    icon: str


class ErrorText(msgspec.Struct, frozen=True):
    """What an error page says: what happened, and what to do."""

    title: str
    text: str


_ERROR_TEXTS = {
    404: ErrorText("This page is not here", "The address may be mistyped, or the page has moved. Nothing was changed."),
    405: ErrorText(
        "This address does not take that",
        "The page is here, but it cannot be used that way. Nothing was changed. Open it anew instead of sending it again.",
    ),
    421: ErrorText(
        "This is not the address of this site",
        "The name in the address bar is not one that this installation is set up for. Use the address that you were given.",
    ),
    500: ErrorText(
        "Something failed on our side",
        "It is no fault of yours, and it was recorded. Try again in a minute; what was saved before is safe.",
    ),
    503: ErrorText("Not available just now", "The page needs data that cannot be read at the moment. Try again in a minute."),
}
_OTHER_ERROR = ErrorText(
    "This request cannot be answered", "It was not understood as it was sent. Nothing was changed. Go back and start anew."
)


class Site:
    """Renders pages. Those that never change are rendered once, at their first request."""

    def __init__(
        self, *, issuer: str, public_url: str, is_demo: bool, has_outbox: bool, has_sign_in: bool, theme_of: ThemeOf
    ) -> None:
        self.assets = Assets()
        self.public_url = public_url
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("powerepos_cloud.webui"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.filters |= {
            "with_code": markup.with_code,
            "json_in_colour": markup.json_in_colour,
            "breakable": markup.breakable,
            "in_words": markup.in_words,
            "instant": markup.instant,
            "browser": markup.browser,
            **amounts.FILTERS,
            **times.FILTERS,
            **figures.FILTERS,
        }
        self._templates.globals |= {
            "issuer": issuer,
            "public_url": public_url,
            "is_demo": is_demo,
            "has_outbox": has_outbox,
            "has_sign_in": has_sign_in,
            "theme": "",
            "navigation": _navigation(has_outbox=has_outbox, has_sign_in=has_sign_in),
            "style_href": self.assets.href("style.css"),
            "mark_href": self.assets.href("mark.svg"),
            "passkeys_href": self.assets.href("passkeys.js"),
        }
        self._headers = _security_headers(public_url)
        self._fixed: dict[tuple[str, str], tuple[bytes, str]] = {}
        self.theme_of = theme_of

    def fixed_page(self, request: Request[Any, Any, Any], path: str, template: str, **facts: Any) -> Response[bytes]:
        """The page at `path`, which is the same for everybody until the process ends; 304 if the browser has it."""
        theme = self.theme_of(request)
        found = self._fixed.get((path, theme))
        if found is None:
            body = self._render(path, template, {**facts, "theme": theme})
            found = self._fixed[path, theme] = body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        body, etag = found
        # Kept, but asked for anew each time: a page must not outlive the stylesheet that it names.
        headers = {**self._headers, "Cache-Control": "no-cache", "ETag": etag, "Vary": "Cookie"}
        if etag in (word.strip().removeprefix("W/") for word in request.headers.get("if-none-match", "").split(",")):
            return Response(b"", status_code=304, headers=headers, media_type=MediaType.HTML)
        return Response(body, headers=headers, media_type=MediaType.HTML)

    def fresh_page(self, path: str, template: str, theme: str = "", *, status: int = 200, **facts: Any) -> Response[bytes]:
        """A page that is rendered for this request alone and kept by no cache."""
        headers = {**self._headers, "Cache-Control": "no-store"}
        body = self._render(path, template, {**facts, "theme": theme})
        return Response(body, status_code=status, headers=headers, media_type=MediaType.HTML)

    def redirect(self, location: str) -> Response[bytes]:
        """303: what was sent was taken, and is not sent again by a reload of the page that follows."""
        headers = {**self._headers, "Cache-Control": "no-store", "Location": location}
        return Response(b"", status_code=303, headers=headers, media_type=MediaType.HTML)

    def static_file(self, digest: str, name: str) -> Response[bytes] | None:
        """A file of `static`; kept for ever only under the address that holds its hash."""
        asset = self.assets.find(name)
        if asset is None:
            return None
        caching = "public, max-age=31536000, immutable" if digest == asset.digest else "no-cache"
        headers = {**self._headers, "Cache-Control": caching}
        return Response(asset.content, headers=headers, media_type=asset.media_type)

    def page_error(self, request: Request[Any, Any, Any], status: int, headers: dict[str, str] | None = None) -> Response[bytes]:
        """The page for an error on a path of people's; `headers` are those that the status needs, such as `Allow`."""
        says = _ERROR_TEXTS.get(status, _OTHER_ERROR if status < 500 else _ERROR_TEXTS[500])
        facts = {"status": status, "says": says, "request_id": request_id(request.scope), "theme": self.theme_of(request)}
        return Response(
            self._render("", "error.html", facts),
            status_code=status,
            headers={**(headers or {}), **self._headers, "Cache-Control": "no-store"},
            media_type=MediaType.HTML,
        )

    def _render(self, path: str, template: str, facts: dict[str, Any]) -> bytes:
        return self._templates.get_template(template).render(path=path, **facts).encode()


def _navigation(*, has_outbox: bool, has_sign_in: bool) -> dict[str, list[NavLink]]:
    groups = {
        "PowerEPOS cloud": [
            NavLink("/", "What this is", "home"),
            *([NavLink("/start", "Sign in", "person")] if has_sign_in else []),
        ],
        "Documentation": [
            NavLink("/docs", "Overview", "book"),
            NavLink("/docs/quick-start", "Quick start", "play"),
            NavLink("/docs/authserver", "AuthServer", "key"),
            NavLink("/docs/token-lifetimes", "Token lifetimes", "clock"),
            NavLink("/docs/sales", "Sending sales", "shop"),
            NavLink("/docs/stock", "Sending invoices", "box"),
            NavLink("/docs/reference", "API reference", "list"),
            NavLink("/docs/errors", "Errors", "warn"),
        ],
    }
    if has_outbox:
        groups["Demo"] = [NavLink("/outbox", "Outgoing mail", "mail")]
    return groups


def _security_headers(public_url: str) -> dict[str, str]:
    headers = {
        "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if urlsplit(public_url).scheme == "https":
        headers["Strict-Transport-Security"] = f"max-age={_HSTS_SECONDS}"
    return headers
