"""What the AuthServer does by itself: keys on their schedule, surplus families ended, outlived rows forgotten."""

import asyncio

from powerepos_cloud.audit.store import SYSTEM, record
from powerepos_cloud.authserver import refusal_log, store
from powerepos_cloud.authserver.grants.issue import Tools
from powerepos_cloud.directory import revocations, services
from powerepos_cloud.foundation.background import Background
from powerepos_cloud.foundation.database import DatabaseUnavailable, Session
from powerepos_cloud.foundation.sealing import Seal
from powerepos_cloud.keyring import store as keyring_store
from powerepos_cloud.observability.logs import Log

_RELOAD_KEYS_SECONDS = 5
_PIECE = 100
_PAUSE_SECONDS = 0.005


class Housekeeping(Background):
    """One task per worker; each piece is small, so that tokens hardly wait for it, and may run in every worker at once."""

    def __init__(self, tools: Tools, seal: Seal, log: Log, *, families_most: int, rotation_ms: int) -> None:
        self._tools = tools
        self._seal = seal
        self._log = log
        self._families_most = families_most
        self._rotation_ms = rotation_ms

    async def start(self) -> None:
        """Make what keys are missing, read them, look once for surplus families, then go on in the background."""
        await self._ensure_keys()
        await self._tools.ring.load()
        self._tools.busy_connections.update(await store.connections_beyond(self._tools.database.reader, self._families_most))
        await super().start()

    async def tidy(self) -> None:
        """One round of everything: also what tests call."""
        now = self._tools.clock.now_ms()
        longest = await revocations.longest_access_seconds(self._tools.database.reader)
        await self._tools.database.write(lambda session: self._rotate_keys(session, now, longest * 1000))
        await self._tools.ring.load()
        deleted = _PIECE
        while deleted == _PIECE:
            deleted = await self._tools.database.write(lambda session: store.delete_outlived(session, now, _PIECE))
        deleted = _PIECE
        while deleted == _PIECE:
            deleted = await self._tools.database.write(lambda session: refusal_log.delete_outlived(session, now, _PIECE))
        await self._tools.database.write(lambda session: revocations.prune(session, now))

    async def end_surplus(self) -> None:
        """End the families beyond the limit of the connections that got new ones, in small pieces."""
        busy = self._tools.busy_connections
        for connection_id in list(busy):
            busy.discard(connection_id)
            ended = _PIECE
            while ended == _PIECE:
                ended = await self._end_piece(connection_id)
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _end_piece(self, connection_id: int) -> int:
        return await self._tools.database.write(
            lambda session: store.end_families_beyond(session, connection_id, self._families_most, _PIECE)
        )

    async def _run(self) -> None:
        rounds = 0
        while True:
            await asyncio.sleep(_RELOAD_KEYS_SECONDS)
            try:
                await self._ensure_keys()
                await self._tools.ring.load()
                await self.end_surplus()
                if rounds % 12 == 0:
                    await self.tidy()
                rounds += 1
            except DatabaseUnavailable as error:
                self._log.warning("housekeeping.postponed", reason=str(error))
            except Exception:
                self._log.exception("housekeeping.failed")

    async def _ensure_keys(self) -> None:
        """A key for each algorithm that a service signs with: a service may just have been set to RS256."""
        now = self._tools.clock.now_ms()
        algs = await services.algorithms_in_use(self._tools.database.reader)
        rows = await keyring_store.live(self._tools.database.reader, now)
        if {("hash", "HS256"), ("refresh", "HS256"), *(("sign", alg) for alg in algs)} <= keyring_store.usable(rows, now):
            return
        await self._tools.database.write(lambda session: keyring_store.ensure(session, self._seal, now, algs))

    async def _rotate_keys(self, session: Session, now_ms: int, keep_ms: int) -> None:
        made = await keyring_store.rotate_if_due(session, self._seal, now_ms, every_ms=self._rotation_ms, keep_ms=keep_ms)
        for kid in made:
            await record(session, now_ms, SYSTEM, "key.published", ("key", kid))
        await keyring_store.keep_longer(session, "sign", keep_ms)
        await keyring_store.keep_longer(session, "refresh", self._tools.repeat_window_ms)
        await keyring_store.delete_outlived(session, now_ms)
