"""Builds the WebUI's parts from what it is given."""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Request, Response, Router

from powerepos_cloud.directory import clients, sandboxes
from powerepos_cloud.http.facts import facts_of
from powerepos_cloud.webui.backroom import Backroom
from powerepos_cloud.webui.cookies import Cookies
from powerepos_cloud.webui.frame import Frame
from powerepos_cloud.webui.model import Lifetimes, Outbox, RefreshRules
from powerepos_cloud.webui.navigation import PARTNER, Navigation, PageGroup
from powerepos_cloud.webui.pages import (
    access,
    account,
    addresses,
    catalogue,
    connections,
    organisation_audit,
    outlets,
    passkeys,
    people,
    security,
    service_accounts,
    sign_in,
    stock_orders,
    support,
    trading,
    ways_back,
)
from powerepos_cloud.webui.pages.documentation import Own, OwnOf
from powerepos_cloud.webui.pages.partner_groups import PARTNERS
from powerepos_cloud.webui.router import build_router
from powerepos_cloud.webui.session import viewer_of
from powerepos_cloud.webui.site import Site
from powerepos_cloud.webui.upkeep import Upkeep

GROUPS: tuple[PageGroup, ...] = (
    # Everybody
    sign_in.GROUP,
    ways_back.GROUP,
    account.GROUP,
    security.GROUP,
    passkeys.GROUP,
    addresses.GROUP,
    people.GROUP,
    # Organisations: trading days, sales, reports, stock orders
    *trading.GROUPS,
    stock_orders.GROUP,
    # Organisations: connections, service accounts
    access.GROUP,
    connections.GROUP,
    service_accounts.GROUP,
    # Organisations: outlets, catalogue, people, audit
    outlets.GROUP,
    catalogue.GROUP,
    organisation_audit.GROUP,
    #
    # Partners
    *PARTNERS,
    # Support
    *support.GROUPS,
)
"""Every group of pages that need a sign-in, or lead to one. A new group is one line here."""

PageError = Callable[[Request[Any, Any, Any], int, "dict[str, str] | None"], Response[bytes]]


class WebUI(msgspec.Struct, frozen=True):
    """The pages, `page_error(request, status, headers)` for errors on paths that no other room answers for, the upkeep."""

    router: Router
    page_error: PageError
    upkeep: Upkeep | None = None


def build_webui(
    *,
    issuer: str,
    public_url: str,
    lifetimes: Lifetimes,
    refresh: RefreshRules,
    outbox: Outbox | None,
    is_demo: bool,
    backroom: Backroom | None = None,
    reads_keys: bool = False,
    host_names: frozenset[str] = frozenset(),
) -> WebUI:
    """The WebUI at `public_url`, telling of the AuthServer at `issuer`; `outbox` is None outside the demo.

    Without a `backroom` it holds the public pages alone; `reads_keys` where no AuthServer in this process reads them.
    Requests for other hosts than that of `public_url` and `host_names` are refused.
    """
    cookies = None if backroom is None else Cookies(public_url, backroom.seal)
    site = Site(
        issuer=issuer,
        public_url=public_url,
        is_demo=is_demo,
        has_outbox=outbox is not None,
        has_sign_in=backroom is not None,
        theme_of=cookies.theme_of if cookies is not None else lambda _request: "",
    )
    handlers = []
    own_of = None
    if backroom is not None and cookies is not None:
        own_of = _own_of(backroom, cookies)
        frame = Frame(site, backroom, Navigation(GROUPS), cookies, public_url)
        handlers = [handler for group in GROUPS for handler in group.build(frame)]
    router = build_router(
        site,
        handlers,
        issuer=issuer,
        lifetimes=lifetimes,
        refresh=refresh,
        outbox=outbox,
        host_names=host_names,
        own_of=own_of,
    )
    return WebUI(router, site.page_error, None if backroom is None else Upkeep(backroom, public_url, reads_keys=reads_keys))


def _own_of(backroom: Backroom, cookies: Cookies) -> OwnOf:
    async def own_of(request: Request[Any, Any, Any]) -> Own:
        """The oldest client of the reader's partner that may do what the quick start shows, else the oldest; its sandbox."""
        token, reader = cookies.session_token(request), backroom.directory.reader
        viewer = token and await viewer_of(backroom.directory, backroom.clock, token, facts_of(request.scope))
        if not viewer or viewer.audience != PARTNER:
            return Own()
        known = sorted(await clients.listing(reader, viewer.partner.id), key=lambda one: "password" not in one.grants)
        sandbox = await sandboxes.of_partner(reader, viewer.partner.id)
        if not known or sandbox is None:
            return Own(known[0].id if known else "")
        return Own(known[0].id, sandbox.organisation.code, sandbox.account_id)

    return own_of
