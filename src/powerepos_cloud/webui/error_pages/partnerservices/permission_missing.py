"""The page of `permission.missing`."""

from powerepos.contract import ErrorCodes, Permissions

from powerepos_cloud.webui.error_pages.model import NOT_AS_IT_IS, PARTNERSERVICES, Cause, ErrorPage, service_example

_TEXT = f"The permission is missing: this needs {Permissions.PARTNER_SALES_SUBMIT}."

PAGE = ErrorPage(
    code=ErrorCodes.PERMISSION_MISSING,
    sender=PARTNERSERVICES,
    statuses=(403,),
    summary="The organisation has not granted what this call needs.",
    meaning=(
        "The token is valid and for this service, but its `pga` claim holds none of the permissions that open this call. "
        "Only the organisation can grant them.",
    ),
    again=NOT_AS_IT_IS,
    causes=(
        Cause(
            title="The service account was opened without it",
            says=("The permission is missing: this needs ….",),
            why="Each service account has a list of permissions. The text names the one that is missing, or those of which "
            "one is enough.",
            cure="Ask the organisation to add it, then get a new token. A token that is out does not change.",
        ),
    ),
    example=service_example(
        403,
        ErrorCodes.PERMISSION_MISSING,
        _TEXT,
        (
            "WWW-Authenticate",
            f'Bearer realm="PowerEPOS", error="insufficient_scope", error_description="{_TEXT}", '
            'resource_metadata="https://service.example/.well-known/oauth-protected-resource"',
        ),
    ),
    related=(ErrorCodes.SCOPE_MISSING, "insufficient_scope"),
)
