"""The audit as people read it: what was done, in words instead of codes."""

from collections.abc import Mapping
from typing import Any, Final

from powerepos_cloud.webui import words
from powerepos_cloud.webui.words import count

ACTIONS: Final[Mapping[str, str]] = {
    "account.created": "made the service account",
    "account.renamed": "renamed the service account",
    "account.narrowed": "took rights away from the service account",
    "account.widened": "gave more rights to the service account",
    "account.bound": "opened the service account to an integration",
    "account.unbound": "closed the service account to an integration",
    "account.opened_to_any_partner": "opened the service account to any partner",
    "account.limited_to_clients": "limited the service account to chosen integrations",
    "account.switched_off": "switched off the service account",
    "account.switched_on": "switched on the service account",
    "account.removed": "removed for good the service account",
    "account.revoked_everything": "ended all tokens of the service account",
    "account_password.added": "made a password for the service account",
    "account_password.ended": "ended a password of the service account",
    "connection.made": "signed in for the first time with",
    "connection.approved": "approved the connection of",
    "connection.narrowed": "took rights away from the connection of",
    "connection.widened": "gave more rights to the connection of",
    "connection.paused": "paused the connection of",
    "connection.resumed": "resumed the connection of",
    "connection.revoked": "revoked the connection of",
    "connection.reopened": "opened again the connection of",
    "partner.stopped": "stopped the partner",
    "partner.stop_lifted": "lifted the stop of the partner",
    "outlet.added": "added the outlet",
    "outlet.changed": "changed the outlet",
    "catalogue.imported": "changed the catalogue:",
    "organisation.created": "registered the organisation",
    "organisation.switched_off": "switched off the organisation",
    "organisation.switched_on": "switched on the organisation",
    "assignment.made": "gave a place to the records of",
    "assignment.moved": "moved the records of",
    "user.linked": "gave a role to",
    "user.unlinked": "took out of the organisation",
    "grant.revoked": "gave back its tokens:",
    "grant.reused": "lost its tokens, since an old one was used again:",
    "grant.late_repeat": "used a refresh token again, late:",
    "grant.straggler": "came late with an old refresh token:",
    "grant.token_leaked": "may have lost a refresh token to somebody else:",
}
SUBJECTS: Final[Mapping[str, tuple[str, str]]] = {
    "account": ("Service accounts", "service_account"),
    "account_password": ("Passwords", "service_account"),
    "connection": ("Connections", "connection"),
    "partner": ("Partners", "partner"),
    "outlet": ("Outlets", "outlet"),
    "catalogue": ("Catalogue", "catalogue"),
    "user": ("People", "user"),
    "z": ("Z reports", "z"),
}
"""What a reader may narrow the list to: the noun of the action, and what it is called."""
KINDS: Final[Mapping[str, str]] = {
    "tax-groups": "tax groups",
    "products": "products",
    "suppliers": "suppliers",
    "supplier-codes": "supplier product codes",
}
_FIELDS: Final[Mapping[str, str]] = {
    "name": "name",
    "zone": "time zone",
    "day_start": "start of the trading day",
    "currency": "currency",
    "stock_enabled": "stock",
}


def action_words(action: str) -> str:
    """What was done; what has no words of its own is at least no code."""
    noun, _, verb = action.partition(".")
    return ACTIONS.get(action) or f"{verb.replace('_', ' ')}: {noun.replace('_', ' ')}"


def detail_words(action: str, details: Mapping[str, Any]) -> str:
    """What else is worth saying of a deed; empty if nothing."""
    if action in ("outlet.changed", "account.renamed"):
        return "; ".join(f"{_FIELDS.get(field, field)}: {_shown(old)} → {_shown(new)}" for field, (old, new) in details.items())
    if action == "catalogue.imported":
        return _imported(details)
    if "hint" in details and action.startswith("account_password."):
        return f"the one that ends in …{details['hint']}"
    if "note" in details:
        return str(details["note"])
    if action.startswith("user."):
        return str(details.get("role", ""))
    return words.through([details["service"]]) if action.startswith("assignment.") else _rights(details.get("to", details))


def _imported(details: Mapping[str, Any]) -> str:
    counts = f"{details.get('created', 0)} new, {details.get('updated', 0)} changed"
    if "row" in details:
        return str(details["row"])
    return f"{counts}, from the file {details['file']}" if "file" in details else counts


def _rights(rights: Any) -> str:
    if not isinstance(rights, Mapping) or "permissions" not in rights:
        return ""
    return f"now: {words.may(rights['permissions'] or [])}; {_outlets(rights.get('outlets'))}"


def _outlets(outlets: list[str] | None) -> str:
    return "all outlets" if outlets is None else count(len(outlets), "outlet")


def _shown(value: Any) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
