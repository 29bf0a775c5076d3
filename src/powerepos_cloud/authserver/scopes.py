"""The scope parameter (RFC 6749 section 3.3): exactly one service, and `offline_access` if a refresh token is wanted."""

import re

import msgspec
from powerepos.contract import SERVICE_PERMISSIONS, SERVICE_SCOPES, AuthServerScopes

from powerepos_cloud.authserver.errors import InvalidScope
from powerepos_cloud.directory.rights import Rights

_WELL_FORMED_WORD = re.compile(r"[a-z0-9_:.-]{1,40}")

# Services whose clients act by themselves: no service account, no permission (vendor's remote order server).
_CLIENT_CREDENTIALS_ONLY = (AuthServerScopes.REMOTE_ORDER_SERVER,)


class Scope(msgspec.Struct, frozen=True):
    """The words granted, in the order asked for, and the one service among them."""

    words: tuple[str, ...]
    service: str

    @property
    def text(self) -> str:
        """As it stands in the answer."""
        return " ".join(self.words)

    @property
    def is_offline(self) -> bool:
        """Whether a refresh token is wanted."""
        return AuthServerScopes.OFFLINE_ACCESS in self.words


def read_scope(text: str | None, grant_type: str) -> Scope:
    """The scope asked for. Raises `InvalidScope`, saying what is wrong."""
    words = tuple(dict.fromkeys(word for word in (text or "").split(" ") if word))
    if not words:
        raise InvalidScope(f"The parameter scope is missing: ask for one of {_services()}.", "scope_absent")
    for word in words:
        if word not in SERVICE_SCOPES and word != AuthServerScopes.OFFLINE_ACCESS:
            named = word if _WELL_FORMED_WORD.fullmatch(word) else "one of its words"
            raise InvalidScope(f"Unknown scope: {named}. Ask for one of {_services()}.", "scope_unknown")
    services = [word for word in words if word in SERVICE_SCOPES]
    if not services:
        raise InvalidScope(f"The scope names no service: ask for one of {_services()}.", "scope_without_service")
    if len(services) > 1:
        raise InvalidScope("The scope names two services: a token is for exactly one, ask for each apart.", "scope_two_services")
    if grant_type == "password" and services[0] in _CLIENT_CREDENTIALS_ONLY:
        raise InvalidScope(f"The scope {services[0]} is granted by client_credentials only.", "scope_grant")
    return Scope(words, services[0])


def narrow(text: str, family: Scope) -> Scope:
    """A scope asked for at refresh: at most the family's (RFC 6749 section 6). Raises `InvalidScope`."""
    wanted = read_scope(text, "refresh_token")
    if not set(wanted.words) <= set(family.words):
        raise InvalidScope("The scope is wider than what was granted: leave it out or ask for less.", "scope_wider")
    return wanted


def permissions_for(scope: Scope, rights: Rights) -> list[str]:
    """The permissions that matter to this service. Raises `InvalidScope` if there is no instance or no permission."""
    if rights.instance.uri is None or (rights.services is not None and scope.service not in rights.services):
        raise InvalidScope(f"This organisation has no {scope.service} that this connection may use.", "scope_no_instance")
    known = SERVICE_PERMISSIONS[scope.service]
    granted = [permission for permission in rights.permissions if permission in known]
    if known and not granted:
        raise InvalidScope(
            f"The service account has no permission for {scope.service}: the organisation must give it one.",
            "scope_no_permission",
        )
    return granted


def _services() -> str:
    return ", ".join(SERVICE_SCOPES)
