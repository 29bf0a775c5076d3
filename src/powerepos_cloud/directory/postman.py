"""Hands waiting mail to the mail server, tries again where it was not taken, and notes what became of it."""

import asyncio

from powerepos_cloud.directory import mails
from powerepos_cloud.directory.mails import DueMail
from powerepos_cloud.foundation.background import Background
from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.foundation.database import Database, DatabaseUnavailable
from powerepos_cloud.foundation.smtp import MailNotTaken, MailServer, deliver
from powerepos_cloud.observability.logs import Log

_EVERY_SECONDS = 1.0
_LEASE_MS = 120_000
"""How long a mail is one worker's: longer than the mail server is waited for."""
_PAUSES_MS = (60_000, 300_000, 900_000, 3_600_000)
GIVE_UP_MS = 3 * 86_400_000


class Postman(Background):
    """One task per worker; a mail is taken by one of them, and tried again later if it was on its way at the end."""

    def __init__(self, database: Database, server: MailServer, sender: str, clock: Clock, log: Log) -> None:
        self._database = database
        self._server = server
        self._sender = sender
        self._clock = clock
        self._log = log

    async def deliver_due(self) -> int:
        """Hand over what is due; how many were taken by the server."""
        taken = 0
        while await mails.has_due(self._database.reader, self._clock.now_ms()):
            now = self._clock.now_ms()
            mail = await self._database.write(lambda session, now=now: mails.take_due(session, now, now + _LEASE_MS))  # type: ignore[misc]
            if mail is None:
                break
            taken += await self._deliver(mail)
        return taken

    async def _deliver(self, mail: DueMail) -> bool:
        domain = self._sender.rpartition("@")[2].rstrip(">") or "localhost"
        try:
            await deliver(
                self._server,
                self._sender,
                mail.recipient,
                mail.subject,
                mail.body,
                f"<mail-{mail.id}-{mail.created_at}@{domain}>",
                mail.created_at,
            )
        except MailNotTaken as refused:
            now, said = self._clock.now_ms(), str(refused)
            gives_up = refused.for_good or now - mail.created_at > GIVE_UP_MS
            due_at = None if gives_up else now + _PAUSES_MS[min(mail.tries, len(_PAUSES_MS)) - 1]
            await self._database.write(lambda session: mails.note_trouble(session, now, mail.id, said, due_at))
            self._log.warning("mail.not_taken", mail=mail.id, tries=mail.tries, reason=said, given_up=gives_up)
            return False
        await self._database.write(lambda session: mails.note_sent(session, self._clock.now_ms(), mail))
        return True

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            try:
                await self.deliver_due()
            except DatabaseUnavailable as error:
                self._log.warning("mail.postponed", reason=str(error))
            except Exception:
                self._log.exception("mail.failed")
