"""Builds the AuthServer's parts from what it is given."""

from powerepos_cloud.authserver.api import AuthServer
from powerepos_cloud.authserver.client_auth import ClientAuthentication
from powerepos_cloud.authserver.feed import Feed
from powerepos_cloud.authserver.grants.issue import Tools
from powerepos_cloud.authserver.housekeeping import Housekeeping
from powerepos_cloud.authserver.instances import InstanceAuthentication
from powerepos_cloud.authserver.introspection import Introspection
from powerepos_cloud.authserver.revocation import Revocation
from powerepos_cloud.authserver.throttle import Throttle
from powerepos_cloud.authserver.token import TokenEndpoint
from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.foundation.database import Database
from powerepos_cloud.foundation.sealing import Seal
from powerepos_cloud.keyring.ring import KeyRing
from powerepos_cloud.observability.logs import Log
from powerepos_cloud.observability.metrics import Metrics


def build_authserver(
    issuer: str,
    docs_url: str,
    *,
    database: Database,
    seal: Seal,
    clock: Clock,
    metrics: Metrics,
    log: Log,
    repeat_window_ms: int,
    late_repeats: int,
    families_most: int,
    rotation_ms: int,
) -> tuple[AuthServer, Housekeeping]:
    """The AuthServer, and the housekeeping that must be started before it answers."""
    ring = KeyRing(database, seal, clock)
    throttle = Throttle(clock)
    tools = Tools(database, ring, clock, throttle, repeat_window_ms, late_repeats, set())
    clients = ClientAuthentication(database, ring, clock, throttle, issuer)
    instances = InstanceAuthentication(database, ring, throttle)
    server = AuthServer(
        token=TokenEndpoint(tools, clients, issuer=issuer, docs_url=docs_url, metrics=metrics, log=log),
        revocation=Revocation(tools, clients),
        introspection=Introspection(database, ring, clock, instances, issuer),
        instances=instances,
        feed=Feed(database),
        ring=ring,
        issuer=issuer,
        docs_url=docs_url,
    )
    return server, Housekeeping(tools, seal, log, families_most=families_most, rotation_ms=rotation_ms)
