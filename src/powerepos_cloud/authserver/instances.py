"""How a service instance proves itself: HTTP Basic with the instance's ID and its `pepos_si_…` credential."""

from collections.abc import Iterable

from powerepos_cloud.authserver.client_auth import read_basic
from powerepos_cloud.authserver.errors import InvalidClient
from powerepos_cloud.authserver.throttle import Throttle
from powerepos_cloud.foundation.database import Database, Hot
from powerepos_cloud.foundation.secrets import SecretKind, is_well_formed
from powerepos_cloud.keyring.ring import KeyRing

_INSTANCE_URI = Hot("""
    SELECT i.uri FROM instance_credentials c JOIN instances i ON i.id = c.instance_id
    WHERE c.hash = $1 AND c.instance_id = $2 AND c.ended_at IS NULL
""")


class InstanceAuthentication:
    """Tells which instance calls."""

    def __init__(self, database: Database, ring: KeyRing, throttle: Throttle) -> None:
        self._database = database
        self._ring = ring
        self._throttle = throttle

    async def authenticate(self, headers: Iterable[tuple[bytes, bytes]], source: str) -> str:
        """The instance's URI. Raises `InvalidClient`, `TooManyFailures`."""
        claimed_id = ""
        try:
            claimed_id, credential = read_basic([value for name, value in headers if name == b"authorization"])
            uri = await self._look_up(claimed_id, credential)
            if uri is None:
                raise InvalidClient("instance_refused")
        except InvalidClient as refusal:
            raise self._throttle.client_failed(source, claimed_id, refusal) from None
        self._throttle.client_succeeded(source, claimed_id)
        return uri

    async def _look_up(self, instance_id: str, credential: str) -> str | None:
        if not is_well_formed(SecretKind.INSTANCE_CREDENTIAL, credential):
            return None
        for credential_hash in self._ring.keys.hashes(SecretKind.INSTANCE_CREDENTIAL, credential):
            rows = await self._database.reader.hot(_INSTANCE_URI, credential_hash, instance_id)
            if rows:
                uri: str = rows[0][0]
                return uri
        return None
