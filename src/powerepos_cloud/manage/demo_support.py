"""What waits for support in the demo: companies that have applied, one of them refused before."""

import re
from typing import NamedTuple

from powerepos_cloud.audit.store import Actor
from powerepos_cloud.directory import applications, mails
from powerepos_cloud.directory.applications import Application
from powerepos_cloud.foundation.database import Session

_HOUR_MS = 3_600_000
_READ_MAIL_MS = 9 * 60_000
_LINK = re.compile(r"/apply/confirm/(\S+)")


class _Applicant(NamedTuple):
    """A company; `hours` is how long ago it applied, `refused` why it was refused the day after."""

    company: str
    website: str
    contact: str
    email: str
    hours: int
    refused: str = ""


_APPLICANTS = (
    _Applicant(
        "Night Market Pay", "https://nightmarket.example", "Ines Carvalho", "ines@nightmarket.example", 240,
        "Your website does not say who runs the company. Add a name and an address, then apply again.",
    ),
    _Applicant("Bayleaf Software Ltd", "https://bayleaf.example", "Hana Petersen", "hana@bayleaf.example", 53),
    _Applicant("Quaymetrics", "https://quaymetrics.example", "Luca Moretti", "luca@moretti.example", 26),
    _Applicant("Night Market", "https://www.nightmarket.example", "Ines Carvalho", "ines@nightmarket.example", 5),
)  # fmt: skip


async def add_applications(session: Session, now_ms: int, issuer: str, password_hash: str, staff: str) -> None:
    """Let them apply and confirm; `password_hash` is that of a password which nobody knows, `staff` who refuses."""
    for one in _APPLICANTS:
        applied = now_ms - one.hours * _HOUR_MS
        found = await _apply(session, applied, issuer, password_hash, one)
        if one.refused:
            decided = applied + 24 * _HOUR_MS
            await applications.refuse(session, decided, Actor("user", staff), issuer, found.id, one.refused)


async def _apply(session: Session, applied: int, issuer: str, password_hash: str, one: _Applicant) -> Application:
    actor = Actor("visitor", "webui", "203.0.113.20")
    await applications.apply(session, applied, actor, issuer, one.company, one.website, one.contact, one.email)
    [mail] = await mails.newest(session, 1)
    link = _LINK.search(mail.body)
    assert link is not None  # the address is new, so the mail holds its link
    return await applications.confirm(session, applied + _READ_MAIL_MS, actor, link[1], password_hash)
