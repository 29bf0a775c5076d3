"""Answers that the pages show, built from the types that are sent: a field that changes changes here too."""

from powerepos.contract import (
    AuthServerScopes,
    ConnectionLimits,
    ConnectionOutlet,
    ConnectionResponse,
    Limits,
    Permissions,
)

from powerepos_cloud.authserver.token import TokenAnswer

_EXAMPLE_SVC = "https://service.example/"
_EXAMPLE_ORGANISATION = "HARBOUR"
_EXAMPLE_KAPOW = "6f1f6a5e-2f0b-4c55-9a57-0b8f2f1b7d21"


def example_token_answer() -> TokenAnswer:
    """What the token endpoint answers to the request of the quick start."""
    return TokenAnswer(
        token_type="Bearer",
        access_token="eyJhbGciOiJFUzI1NiIs…",
        expires_in=28_800,
        svc=_EXAMPLE_SVC,
        org_id=_EXAMPLE_ORGANISATION,
        scope=f"{AuthServerScopes.PARTNER_SERVICE} {AuthServerScopes.OFFLINE_ACCESS}",
        refresh_token="pepos_rt_…",
    )


def example_connection() -> ConnectionResponse:
    """What `connection` answers to that token."""
    limits = ConnectionLimits(
        max_batch_size=Limits.MAX_BATCH_SIZE,
        max_line_items=Limits.MAX_LINE_ITEMS,
        max_body_bytes=Limits.MAX_BODY_BYTES,
        max_nesting=Limits.MAX_NESTING,
    )
    outlet = ConnectionOutlet(
        outlet_id="b3c1d9a2-4d1e-4f8a-8a53-2c2f7a1e9d40",
        name="Wynyard Wharf",
        time_zone="Pacific/Auckland",
        trading_day_start="04:00",
        current_trading_date="2026-11-24",
        currency_code="NZD",
        stock_enabled=True,
    )
    return ConnectionResponse(
        organisation_code=_EXAMPLE_ORGANISATION,
        kapow=_EXAMPLE_KAPOW,
        client_id="k3v9x0q2m7c1t8r4w6z5b2n1",
        subject="svc-4h7kq2m9t3x6v8c1b5n0",
        service_uri=_EXAMPLE_SVC,
        permissions=[Permissions.PARTNER_SALES_SUBMIT],
        all_outlets=False,
        outlets=[outlet],
        expires_at="2026-11-24T14:39:42Z",
        expires_in_seconds=28_792,
        limits=limits,
    )
