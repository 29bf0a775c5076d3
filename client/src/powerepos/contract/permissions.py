"""Permissions of a service account or an approved connection; they arrive in the `pga` claim."""

from typing import Final

from powerepos.contract.scopes import AuthServerScopes


class Permissions:
    """Permission names, exact to the letter."""

    PARTNER_SALES_SUBMIT: Final = "Partner Sales (Submit)"
    """Submit and finalise sales; read one's own sales and Zs."""
    PARTNER_SALES_VIEW: Final = "Partner Sales (View)"
    """Read one's own sales and Zs."""
    PARTNER_STOCK_SUBMIT: Final = "Partner Stock (Submit)"
    """Submit stock orders; read one's own."""
    REPORTING_DATA_VIEW: Final = "Reporting Data (View)"
    RAW_DATA_VIEW: Final = "Raw Data (View)"


ALL_PERMISSIONS: Final = (
    Permissions.PARTNER_SALES_SUBMIT,
    Permissions.PARTNER_SALES_VIEW,
    Permissions.PARTNER_STOCK_SUBMIT,
    Permissions.REPORTING_DATA_VIEW,
    Permissions.RAW_DATA_VIEW,
)

SERVICE_PERMISSIONS: Final = {
    AuthServerScopes.PARTNER_SERVICE: (
        Permissions.PARTNER_SALES_SUBMIT,
        Permissions.PARTNER_SALES_VIEW,
        Permissions.PARTNER_STOCK_SUBMIT,
    ),
    AuthServerScopes.REPORTING_SERVER: (Permissions.REPORTING_DATA_VIEW, Permissions.RAW_DATA_VIEW),
    AuthServerScopes.REMOTE_ORDER_SERVER: (),
    AuthServerScopes.DATA_EXTRACTION_SERVICE: (),
}
"""Per service the permissions of which a token needs at least one; none listed: none needed."""
