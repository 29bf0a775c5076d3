"""Error pages: one file per code, in the order in which the index lists them. A new code is a new file and a line here."""

from powerepos_cloud.webui.error_pages.authserver import (
    invalid_client,
    invalid_grant,
    invalid_request,
    invalid_scope,
    server_error,
    temporarily_unavailable,
    unauthorized_client,
    unsupported_grant_type,
)
from powerepos_cloud.webui.error_pages.model import ErrorPage
from powerepos_cloud.webui.error_pages.partnerservices import (
    body_too_large,
    body_too_slow,
    insufficient_scope,
    invalid_token,
    media_type_unsupported,
    method_not_allowed,
    permission_missing,
    request_malformed,
    resource_not_found,
    scope_missing,
    service_fault,
    service_unavailable,
    token_absent,
    token_invalid,
)

PAGES: tuple[ErrorPage, ...] = (
    invalid_request.PAGE,
    invalid_client.PAGE,
    invalid_grant.PAGE,
    unauthorized_client.PAGE,
    unsupported_grant_type.PAGE,
    invalid_scope.PAGE,
    temporarily_unavailable.PAGE,
    server_error.PAGE,
    token_absent.PAGE,
    token_invalid.PAGE,
    scope_missing.PAGE,
    permission_missing.PAGE,
    request_malformed.PAGE,
    resource_not_found.PAGE,
    method_not_allowed.PAGE,
    body_too_slow.PAGE,
    body_too_large.PAGE,
    media_type_unsupported.PAGE,
    service_fault.PAGE,
    service_unavailable.PAGE,
    invalid_token.PAGE,
    insufficient_scope.PAGE,
)


def by_sender() -> dict[str, list[ErrorPage]]:
    """The pages, by who sends the code."""
    groups: dict[str, list[ErrorPage]] = {}
    for page in PAGES:
        groups.setdefault(page.sender, []).append(page)
    return groups


__all__ = ["PAGES", "ErrorPage", "by_sender"]
