"""All groups of pages that partners have, in one place."""

from powerepos_cloud.webui.navigation import PageGroup
from powerepos_cloud.webui.pages import apply, partner_clients, partner_connections, partner_home, request_log, sandbox

PARTNERS: tuple[PageGroup, ...] = (
    apply.GROUP,
    partner_home.GROUP,
    partner_clients.GROUP,
    sandbox.GROUP,
    partner_connections.GROUP,
    request_log.GROUP,
)
