"""Companies apply: one link proves the address, nothing tells whether it is known, of two deeds at once one is done."""

import re
from typing import Any

import pytest
from sqlalchemy import func, select

from powerepos_cloud.directory import applications, clients, links, mails, partners, users
from powerepos_cloud.directory.application_tables import applications as table
from powerepos_cloud.directory.applications import APPROVED, REFUSED, UNCONFIRMED, WAITING, Application
from powerepos_cloud.directory.tables import users as users_table
from powerepos_cloud.directory.users import PartnerLink
from powerepos_cloud.foundation.refusals import Conflict, Invalid, NotFound
from tests.support.desk import Desk, refused

SITE = "https://epos.example"
ASKED = ("Tills Ltd", "https://tills.example", "Ann Smith", "Ann@Tills.example")
HASH = "$argon2id$none"


async def apply(desk: Desk, *asked: str) -> str:
    """Send the form; the token of the link in the mail that it queued."""
    await desk.do(applications.apply, SITE, *(asked or ASKED))
    return await newest_token(desk)


async def newest_token(desk: Desk) -> str:
    [mail] = await mails.newest(desk.database.reader, 1)
    found = re.search(rf"{SITE}/apply/confirm/(\S+)", mail.body)
    assert found is not None
    return found[1]


async def waiting(desk: Desk, *asked: str) -> Application:
    return await desk.do(applications.confirm, await apply(desk, *asked), HASH)


async def test_an_application_is_confirmed_by_its_link_and_waits(desk: Desk) -> None:
    token = await apply(desk)
    [mail] = await mails.newest(desk.database.reader, 5)
    assert mail.recipient == "Ann@Tills.example"
    assert "Tills Ltd" not in mail.body  # a stranger could make us send what they like
    found, has_account = await applications.of_link(desk.database.reader, desk.clock.now_ms(), token)
    assert (found.state, found.company_name, has_account) == (UNCONFIRMED, "Tills Ltd", False)
    confirmed = await desk.do(applications.confirm, token, HASH)
    assert (confirmed.state, confirmed.confirmed_at) == (WAITING, desk.clock.now_ms())
    person = await desk.ask(users.by_email, "ann@tills.example")
    assert (person.id, person.name, person.partners) == (confirmed.user_id, "Ann Smith", [])
    assert await desk.ask(applications.listing) == [confirmed]
    assert await desk.ask(applications.of_user, person.id) == [confirmed]
    assert [action for action, _ in await desk.audit()] == ["application.made", "user.created", "application.confirmed"]


async def test_a_link_works_once_and_for_a_day(desk: Desk) -> None:
    token = await apply(desk)
    for _ in range(3):  # a mail scanner opens it
        await applications.of_link(desk.database.reader, desk.clock.now_ms(), token)
    await desk.do(applications.confirm, token, HASH)
    assert "works once" in await refused(desk, NotFound, applications.confirm, token, HASH)
    late = await apply(desk)
    desk.clock.advance_ms(links.DAY_MS)
    await refused(desk, NotFound, applications.confirm, late, HASH)
    for wrong in ("", "pepos_ln_", late[:-1] + ("0" if late[-1] != "0" else "1"), "x" * 5000, "\0"):
        await refused(desk, NotFound, applications.confirm, wrong, HASH)
    with pytest.raises(NotFound):
        await links.look(desk.database.reader, desk.clock.now_ms() - links.DAY_MS, "reset", late)


async def test_of_two_who_confirm_at_once_one_does(desk: Desk) -> None:
    token = await apply(desk)
    results = await desk.at_once((applications.confirm, token, HASH), (applications.confirm, token, HASH))
    assert sum(isinstance(result, NotFound) for result in results) == 1
    assert await desk.database.reader.scalar(select(func.count()).where(table.c.state == WAITING)) == 1


async def test_who_has_an_account_keeps_its_password(desk: Desk) -> None:
    await desk.do(users.create, "ann@tills.example", "Ann", "$argon2id$old")
    token = await apply(desk)
    _, has_account = await applications.of_link(desk.database.reader, desk.clock.now_ms(), token)
    assert has_account
    await desk.do(applications.confirm, token, None)
    assert await desk.database.reader.scalar(select(users_table.c.password_hash)) == "$argon2id$old"


async def test_an_address_without_an_account_needs_a_password(desk: Desk) -> None:
    token = await apply(desk)
    assert "password" in await refused(desk, Invalid, applications.confirm, token, None)
    await desk.do(applications.confirm, token, HASH)  # the refusal did not use the link up


async def test_a_known_address_is_treated_like_any_other(desk: Desk) -> None:
    await desk.do(users.create, "ann@tills.example", "Ann", HASH)
    texts = []
    for address in ("ann@tills.example", "new@tills.example"):
        await desk.do(applications.apply, SITE, *ASKED[:3], address)
        [mail] = await mails.newest(desk.database.reader, 1)
        assert mail.recipient == address
        texts.append((mail.subject, re.sub("pepos_ln_[a-z2-7]{32}[0-9a-f]{8}", "…", mail.body)))
    assert texts[0] == texts[1]


async def test_a_mailbox_is_not_flooded(desk: Desk) -> None:
    for _ in range(applications.MAILS_A_DAY + 2):
        await desk.do(applications.apply, SITE, *ASKED)
    assert len(await mails.newest(desk.database.reader, 99)) == applications.MAILS_A_DAY
    for n in range(applications.FROM_ONE_PLACE - applications.MAILS_A_DAY - 2):
        await desk.do(applications.apply, SITE, *ASKED[:3], f"ann{n}@tills.example")
    assert "an hour" in await refused(desk, Conflict, applications.apply, SITE, *ASKED[:3], "one@tills.example")
    desk.clock.advance_ms(3_600_001)
    await desk.do(applications.apply, SITE, *ASKED[:3], "one@tills.example")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (("", *ASKED[1:]), "company name"),
        (("Tills\nLtd", *ASKED[1:]), "company name"),
        ((ASKED[0], "http://tills.example", *ASKED[2:]), "website"),
        ((ASKED[0], "javascript:alert(1)", *ASKED[2:]), "website"),
        ((*ASKED[:2], "\u202eAnn", ASKED[3]), "contact name"),
        ((*ASKED[:3], "ann"), "e-mail"),
        ((*ASKED[:3], "ann@tills.example\nBcc: x@y.example"), "e-mail"),
    ],
)
async def test_what_cannot_be_taken_names_its_field(desk: Desk, asked: tuple[str, ...], field: str) -> None:
    assert (await refused(desk, Invalid, applications.apply, SITE, *asked)).startswith(f"{field}:")


async def test_the_approved_become_partners_with_a_client_that_has_no_secret(desk: Desk) -> None:
    application = await waiting(desk)
    approved, partner, client = await desk.do(applications.approve, SITE, application.id)
    assert (approved.state, approved.partner_id, approved.decided_by) == (APPROVED, partner.id, "tester")
    assert (partner.company_name, partner.website, partner.state) == (*ASKED[:2], "approved")
    assert await desk.ask(clients.listing, partner.id) == [client]
    assert await desk.ask(clients.secrets_of, client.id) == []
    assert (await desk.ask(users.by_email, ASKED[3])).partners == [PartnerLink(partner.id, "owner")]
    [mail] = await mails.newest(desk.database.reader, 1)
    assert (mail.recipient, "partner now" in mail.subject) == (ASKED[3], True)
    assert f"{SITE}/partner/clients" in mail.body
    assert client.id not in mail.body


async def test_the_refused_read_why(desk: Desk) -> None:
    application = await waiting(desk)
    for nothing in ("", "  ", "x" * 501):
        await refused(desk, Invalid, applications.refuse, SITE, application.id, nothing)
    done = await desk.do(applications.refuse, SITE, application.id, "The website names another company.")
    assert (done.state, done.reason) == (REFUSED, "The website names another company.")
    [mail] = await mails.newest(desk.database.reader, 1)
    assert "The website names another company." in mail.body
    assert "refused" in await refused(desk, Conflict, applications.approve, SITE, application.id)
    assert await desk.ask(partners.listing) == []
    assert await desk.ask(applications.listing, (APPROVED, REFUSED)) == [done]


async def test_only_who_confirmed_is_decided_on(desk: Desk) -> None:
    await apply(desk)
    made = await desk.database.reader.scalar(select(table.c.id))
    assert await desk.ask(applications.listing) == []
    await refused(desk, Conflict, applications.approve, SITE, made)
    await refused(desk, NotFound, applications.approve, SITE, made + 1)
    await refused(desk, NotFound, applications.refuse, SITE, made + 1, "No.")


@pytest.mark.parametrize("deeds", [("approve", "approve"), ("approve", "refuse")])
async def test_of_two_who_decide_at_once_one_does(desk: Desk, deeds: tuple[str, str]) -> None:
    application = await waiting(desk)
    ways: dict[str, tuple[Any, ...]] = {
        "approve": (applications.approve, SITE, application.id),
        "refuse": (applications.refuse, SITE, application.id, "No."),
    }
    results = await desk.at_once(*[ways[deed] for deed in deeds])
    assert sum(isinstance(result, Conflict) for result in results) == 1
    assert len(await desk.ask(partners.listing)) <= 1


async def test_what_nobody_confirms_is_forgotten(desk: Desk) -> None:
    await apply(desk)
    kept = await waiting(desk, *ASKED[:3], "bob@tills.example")
    desk.clock.advance_ms(applications.KEPT_UNCONFIRMED_MS + 1)
    await desk.database.write(lambda session: applications.forget_unconfirmed(session, desk.clock.now_ms()))
    assert [row.id for row in await desk.database.reader.all(select(table.c.id))] == [kept.id]
