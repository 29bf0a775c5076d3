"""What the WebUI does by itself.

Links that were asked for are mailed, outlived sessions forgotten; where it runs apart from the AuthServer, keys are read.
"""

import asyncio
import contextlib

from powerepos_cloud.directory import applications, asked_links, recovery, sessions
from powerepos_cloud.foundation.background import Background
from powerepos_cloud.foundation.database import DatabaseUnavailable
from powerepos_cloud.webui.backroom import Backroom

_EVERY_SECONDS = 1
_KEYS_ROUNDS = 5
_TIDY_ROUNDS = 300
_PIECE = 200


class Upkeep(Background):
    """One task per worker; may run in every worker at once."""

    def __init__(self, backroom: Backroom, site_url: str, *, reads_keys: bool) -> None:
        self._backroom = backroom
        self._site_url = site_url
        self._reads_keys = reads_keys

    async def start(self) -> None:
        """Read the keys where nobody else does, then go on in the background."""
        if self._reads_keys:
            with contextlib.suppress(DatabaseUnavailable):
                await self._backroom.ring.load()
        await super().start()

    async def stop(self) -> None:
        """End the background task, and the threads that look at passwords."""
        await super().stop()
        await self._backroom.passwords.close()

    async def mail_asked(self) -> None:
        """Mail the links that somebody asked for."""
        directory, now = self._backroom.directory, self._backroom.clock.now_ms()
        while await asked_links.has_any(directory.reader):
            await directory.write(lambda session: recovery.mail_asked(session, now, self._site_url))

    async def tidy(self) -> None:
        """Forget what has outlived its time, piece by piece."""
        now, deleted = self._backroom.clock.now_ms(), _PIECE
        while deleted >= _PIECE:
            deleted = await self._backroom.directory.write(lambda session: sessions.delete_outlived(session, now, _PIECE))
        await self._backroom.directory.write(lambda session: applications.forget_unconfirmed(session, now))

    async def _run(self) -> None:
        rounds = 0
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            rounds += 1
            try:
                await self.mail_asked()
                if self._reads_keys and rounds % _KEYS_ROUNDS == 0:
                    await self._backroom.ring.load()
                if rounds % _TIDY_ROUNDS == _KEYS_ROUNDS:
                    await self.tidy()
            except DatabaseUnavailable as error:
                self._backroom.log.warning("webui.upkeep_postponed", reason=str(error))
            except Exception:
                self._backroom.log.exception("webui.upkeep_failed")
