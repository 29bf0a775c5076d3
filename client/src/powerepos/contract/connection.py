"""Answers of the two `connection` endpoints: an integrator's first call, which says what a token may do."""

import msgspec

from powerepos.contract.naming import vendor_name


class ConnectionOutlet(msgspec.Struct, rename=vendor_name, kw_only=True):
    """An outlet that the token opens."""

    outlet_id: str
    """GUID, unique only within its organisation."""
    name: str
    time_zone: str
    """IANA name, such as `Pacific/Auckland`."""
    trading_day_start: str
    """`HH:MM`: what happens earlier belongs to the trading day before."""
    current_trading_date: str
    """`yyyy-MM-dd`: the trading day that it is at the outlet now."""
    currency_code: str
    """ISO 4217."""
    stock_enabled: bool


class ConnectionLimits(msgspec.Struct, rename=vendor_name, kw_only=True):
    """See `Limits`."""

    max_batch_size: int
    max_line_items: int
    max_body_bytes: int
    max_nesting: int


class ConnectionResponse(msgspec.Struct, rename=vendor_name, kw_only=True):
    """`GET /api/v1/connection` of Partner Services."""

    organisation_code: str
    kapow: str
    """The organisation's GUID."""
    client_id: str
    subject: str
    """The service account's ID, or the ClientID for a `client_credentials` grant."""
    service_uri: str
    """The instance that answers; the token's `svc`."""
    permissions: list[str]
    all_outlets: bool
    """Whether the token opens every outlet of the organisation, later ones included."""
    outlets: list[ConnectionOutlet]
    """The outlets that it opens at present."""
    expires_at: str
    """`yyyy-MM-ddTHH:mm:ssZ` (UTC): when the token ends."""
    expires_in_seconds: int
    limits: ConnectionLimits


class RemoteOrderConnectionResponse(msgspec.Struct, rename=vendor_name, kw_only=True):
    """`GET connection` of the remote order server."""

    organisation_code: str
    kapow: str
    client_id: str
    service_uri: str
    expires_at: str
    expires_in_seconds: int
