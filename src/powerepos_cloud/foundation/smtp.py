"""Mail by SMTP (RFC 5321): one message to one address, over TLS but on loopback."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

import aiosmtplib
import msgspec

_PORTS = {"smtp": 587, "smtps": 465}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PATIENCE_SECONDS = 30


class MailServer(msgspec.Struct, frozen=True):
    """Where mail is handed over. `smtps` speaks TLS from the first byte; `smtp` begins it, and must, but on loopback."""

    host: str
    port: int
    username: str | None
    password: str | None
    is_tls: bool
    must_start_tls: bool


class MailNotTaken(Exception):
    """The server did not take the mail; `for_good` if trying again is useless. The text is what it said."""

    def __init__(self, said: str, *, for_good: bool) -> None:
        super().__init__(said)
        self.for_good = for_good


def parse_smtp_url(url: str) -> MailServer:
    """`smtps://user:password@host:465` or `smtp://host:587`. Raises `ValueError`, without the password."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in _PORTS or not parts.hostname or port == 0 or parts.path.strip("/") or parts.query:
        raise ValueError("expected smtps://user:password@host:465 or smtp://user:password@host:587")
    return MailServer(
        parts.hostname,
        port or _PORTS[parts.scheme],
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
        is_tls=parts.scheme == "smtps",
        must_start_tls=parts.scheme == "smtp" and parts.hostname not in _LOOPBACK,
    )


async def deliver(
    server: MailServer, sender: str, recipient: str, subject: str, body: str, message_id: str, created_at: int
) -> None:
    """Hand one mail over; it is the server's from then on. Raises `MailNotTaken`."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime.fromtimestamp(created_at / 1000, UTC))
    message["Message-ID"] = message_id  # the same at each try, so that a mail that came twice is seen to be one
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices, please
    message.set_content(body)
    try:
        await aiosmtplib.send(
            message,
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.is_tls,
            start_tls=True if server.must_start_tls else None if not server.is_tls else False,
            timeout=_PATIENCE_SECONDS,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        codes = [refused.code for refused in error.recipients]
        raise MailNotTaken(str(error)[:200], for_good=all(code >= 500 for code in codes)) from error
    except aiosmtplib.SMTPResponseException as error:
        # A login that is refused, or a server that wants TLS, is mended by the operator: then the mail still is to leave.
        for_good = error.code >= 550 and not isinstance(error, aiosmtplib.SMTPAuthenticationError)
        raise MailNotTaken(f"{error.code} {error.message}"[:200], for_good=for_good) from error
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        raise MailNotTaken(f"{type(error).__name__}: {error}"[:200], for_good=False) from error
