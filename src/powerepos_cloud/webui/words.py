"""Codes of the rooms as people say them: permissions, services, lists of things."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from powerepos.contract import AuthServerScopes, Permissions


class Saying(msgspec.Struct, frozen=True):
    """Something in words: `label` at a choice, `short` in a table, `small` says what it means."""

    label: str
    short: str
    small: str


PERMISSIONS: Final[Mapping[str, Saying]] = {
    Permissions.PARTNER_SALES_SUBMIT: Saying(
        "Send sales and finalise Z reports",
        "send sales, finalise Zs",
        "Needed by a till. It also reads back what it sent itself.",
    ),
    Permissions.PARTNER_SALES_VIEW: Saying("Look at sales", "look at sales", "Only those that the same integration sent."),
    Permissions.PARTNER_STOCK_SUBMIT: Saying(
        "Send stock orders", "send stock orders", "Invoices of suppliers, for outlets with stock switched on."
    ),
    Permissions.REPORTING_DATA_VIEW: Saying(
        "Read the figures of reports", "read report figures", "Through the reporting service, of all integrations."
    ),
    Permissions.RAW_DATA_VIEW: Saying(
        "Read single records", "read single records", "Through the reporting service: every sale, line by line."
    ),
}
SERVICES: Final[Mapping[str, Saying]] = {
    AuthServerScopes.PARTNER_SERVICE: Saying("Partner Services", "Partner Services", "Sales, Z reports and stock orders."),
    AuthServerScopes.REMOTE_ORDER_SERVER: Saying(
        "Remote orders", "remote orders", "Takes orders from outside to your tills. It needs no permission below."
    ),
    AuthServerScopes.DATA_EXTRACTION_SERVICE: Saying(
        "Data extraction", "data extraction", "Copies of your records for other systems. It needs no permission below."
    ),
    AuthServerScopes.REPORTING_SERVER: Saying("Reporting", "reporting", "Figures and records for reports."),
}


def listed(words: Iterable[str], none: str = "nothing") -> str:
    """The words in one line, the first with a capital."""
    text = ", ".join(words) or none
    return text[:1].upper() + text[1:]


def may(permissions: Iterable[str]) -> str:
    """What these permissions allow, in one line."""
    return listed((PERMISSIONS[name].short if name in PERMISSIONS else name for name in permissions), "nothing yet")


def through(services: Iterable[str]) -> str:
    """The names of services, in one line."""
    return listed(SERVICES[name].short if name in SERVICES else name for name in services)


def count(number: int, one: str, many: str = "") -> str:
    """`1 outlet`, `2 outlets`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
