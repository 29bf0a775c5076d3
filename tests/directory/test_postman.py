"""Mail leaves by a real SMTP server: once, and in the end, whatever the server says at first."""

from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from powerepos_cloud.directory import mails
from powerepos_cloud.directory.postman import GIVE_UP_MS, Postman
from powerepos_cloud.foundation.database import Database
from powerepos_cloud.foundation.secrets import SecretKind, generate
from powerepos_cloud.foundation.smtp import MailServer, parse_smtp_url
from powerepos_cloud.observability.logs import build_log
from tests.support.clock import FakeClock
from tests.support.server import free_port

SENDER = "PowerEPOS <no-reply@powerepos.example>"


class Box:
    """What the server took; `says` is what it answers instead, one after the other."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.says: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        """aiosmtpd calls this for each mail."""
        if self.says:
            return self.says.pop(0)
        self.taken.append(envelope)
        return "250 taken"


@pytest.fixture
def box() -> Iterator[tuple[Box, MailServer]]:
    """A mail server on loopback."""
    found, port = Box(), free_port()
    controller = Controller(found, hostname="127.0.0.1", port=port)
    controller.start()
    yield found, parse_smtp_url(f"smtp://127.0.0.1:{port}")
    controller.stop()


def postman(database: Database, server: MailServer, clock: FakeClock) -> Postman:
    """A postman that works when it is told to."""
    return Postman(database, server, SENDER, clock, build_log("error"))


async def queue(database: Database, clock: FakeClock, body: str = "Kia ora.\n\nĀ bientôt", subject: str = "Tēnā koe") -> None:
    """One mail that waits."""
    await database.write(lambda session: mails.queue(session, clock.now_ms(), "ann@b.example", subject, body))


async def test_a_mail_leaves_once(directory_database: Database, clock: FakeClock, box: tuple[Box, MailServer]) -> None:
    found, server = box
    link = generate(SecretKind.LINK)
    await queue(directory_database, clock, f"Open http://localhost:8000/reset/{link} within an hour.")
    workers = [postman(directory_database, server, clock) for _ in range(2)]
    assert [await worker.deliver_due() for worker in workers] == [1, 0]
    (envelope,) = found.taken
    assert envelope.rcpt_tos == ["ann@b.example"]
    content = envelope.content.decode() if isinstance(envelope.content, bytes) else ""
    assert link in content.replace("=\r\n", "")
    assert "From: PowerEPOS <no-reply@powerepos.example>" in content
    assert "Auto-Submitted: auto-generated" in content
    (mail,) = await mails.newest(directory_database.reader, 9)
    assert mail.sent_at == clock.now_ms()
    assert link not in mail.body, "a link is kept as a hash only, once its mail has left"


async def test_what_is_not_taken_is_tried_again_and_later_each_time(
    directory_database: Database, clock: FakeClock, box: tuple[Box, MailServer]
) -> None:
    found, server = box
    found.says = ["451 come back later", "451 later still"]
    await queue(directory_database, clock)
    worker = postman(directory_database, server, clock)
    assert await worker.deliver_due() == 0
    assert await worker.deliver_due() == 0, "not before its time"
    clock.advance_ms(60_000)
    assert await worker.deliver_due() == 0
    clock.advance_ms(60_000)
    assert await worker.deliver_due() == 0
    clock.advance_ms(240_000)
    assert await worker.deliver_due() == 1
    assert len(found.taken) == 1


async def test_a_server_that_is_away_loses_nothing(directory_database: Database, clock: FakeClock) -> None:
    await queue(directory_database, clock)
    worker = postman(directory_database, parse_smtp_url(f"smtp://127.0.0.1:{free_port()}"), clock)
    assert await worker.deliver_due() == 0
    assert (await mails.newest(directory_database.reader, 1))[0].sent_at is None
    clock.advance_ms(GIVE_UP_MS + 60_001)
    assert await worker.deliver_due() == 0
    clock.advance_ms(GIVE_UP_MS)
    assert not await mails.has_due(directory_database.reader, clock.now_ms()), "given up after three days"


async def test_a_refusal_for_good_is_not_repeated(
    directory_database: Database, clock: FakeClock, box: tuple[Box, MailServer]
) -> None:
    found, server = box
    found.says = ["550 no such person"]
    await queue(directory_database, clock)
    await queue(directory_database, clock)
    worker = postman(directory_database, server, clock)
    assert await worker.deliver_due() == 1, "and keeps no other mail waiting"
    clock.advance_ms(GIVE_UP_MS)
    assert await worker.deliver_due() == 0


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", MailServer("mail.example", 587, None, None, is_tls=False, must_start_tls=True)),
        ("smtps://u%40x:p%3Aw@mail.example", MailServer("mail.example", 465, "u@x", "p:w", is_tls=True, must_start_tls=False)),
        ("smtp://localhost:2525", MailServer("localhost", 2525, None, None, is_tls=False, must_start_tls=False)),
    ],
)
def test_the_mail_servers_address_is_read(url: str, expected: MailServer) -> None:
    assert parse_smtp_url(url) == expected


@pytest.mark.parametrize(
    "url", ["", "mail.example", "http://mail.example", "smtp://", "smtp://x:0", "smtp://u:secret@x:99999", "smtp://x/y"]
)
def test_another_address_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="expected smtps://") as refused:
        parse_smtp_url(url)
    assert "secret" not in str(refused.value)
