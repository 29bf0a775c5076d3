"""What support should know before it decides on an application: is the address the company's, do we know it already?"""

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import select

from powerepos_cloud.directory import partners
from powerepos_cloud.directory.application_tables import applications as table
from powerepos_cloud.directory.applications import REFUSED, Application
from powerepos_cloud.directory.partners import Partner
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.texts import compare_key

_MOST_REFUSED = 500
_COMPANY_WORDS = frozenset(
    ("ab", "ag", "bv", "co", "corp", "gmbh", "inc", "limited", "llc", "ltd", "nv", "oy", "plc", "pty", "sa")
)


class Check(msgspec.Struct, frozen=True):
    """One check. `short` names it in the queue if it has not passed; `partner_ids` are partners that look alike."""

    passed: bool
    text: str
    short: str
    partner_ids: tuple[int, ...] = ()


async def checks_of(session: Session, applications: Sequence[Application]) -> dict[int, list[Check]]:
    """The checks of these applications, by ID."""
    known = await partners.listing(session)
    refused = await _refused(session)
    return {one.id: [_domain(one), _unknown(one, known), _not_refused(one, refused)] for one in applications}


def host_of(website: str) -> str:
    """The website's host as it is compared: lower case, without `www.`."""
    return (urlsplit(website).hostname or "").lower().removeprefix("www.")


def _domain(one: Application) -> Check:
    site, mail = host_of(one.website), _mail_domain(one.contact_email)
    if _is_within(mail, site) or _is_within(site, mail):
        return Check(True, "E-mail is on the website’s domain", "")
    return Check(False, f"E-mail is on {mail}, the website on {site}", "E-mail on another domain")


def _unknown(one: Application, known: Sequence[Partner]) -> Check:
    alike = [partner for partner in known if partner.id != one.partner_id and _is_alike(one, partner)]
    if not alike:
        return Check(True, "No partner of that name or domain yet", "")
    names = ", ".join(partner.company_name for partner in alike[:3])
    return Check(False, f"Looks like a partner we know: {names}", "Known already", tuple(partner.id for partner in alike[:3]))


def _not_refused(one: Application, refused: Sequence[Application]) -> Check:
    earlier = [other for other in refused if other.id < one.id and _same_company(one, other)]
    if not earlier:
        return Check(True, "Not refused before", "")
    return Check(False, f"Refused before, for this reason: {earlier[0].reason}", "Refused before")


def _is_alike(one: Application, partner: Partner) -> bool:
    mail, site = _mail_domain(one.contact_email), host_of(one.website)
    # Addresses of a mail provider say nothing: only a domain that is the company's own counts.
    same_mail = (_is_within(mail, site) or _is_within(site, mail)) and mail == _mail_domain(partner.contact_email)
    same_person = compare_key(one.contact_email) == compare_key(partner.contact_email)
    same_name = _name_key(one.company_name) == _name_key(partner.company_name)
    return same_mail or same_person or same_name or site == host_of(partner.website)


def _same_company(one: Application, other: Application) -> bool:
    return (
        compare_key(one.contact_email) == compare_key(other.contact_email)
        or _name_key(one.company_name) == _name_key(other.company_name)
        or host_of(one.website) == host_of(other.website)
    )


def _name_key(name: str) -> str:
    """A company's name without letter case, punctuation and legal form: `Bayleaf Software, Ltd.` is `bayleaf software`."""
    words = "".join(sign if sign.isalnum() else " " for sign in compare_key(name).replace(".", "")).split()
    return " ".join(word for word in words if word not in _COMPANY_WORDS) or " ".join(words)


def _mail_domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _is_within(inner: str, outer: str) -> bool:
    return "." in outer and (inner == outer or inner.endswith(f".{outer}"))


async def _refused(session: Session) -> list[Application]:
    """The newest refusals."""
    columns = (table.c[name] for name in Application.__struct_fields__)
    rows = await session.all(select(*columns).where(table.c.state == REFUSED).order_by(table.c.id.desc()).limit(_MOST_REFUSED))
    return [Application(*tuple(row)) for row in rows]
