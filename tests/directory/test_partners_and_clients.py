"""Partners and their clients: secrets shown once, at most two live, keys, grants, off and on, everything revoked."""

import json

import msgspec
import pytest
from joserfc.jwk import ECKey
from sqlalchemy import select

from powerepos_cloud.directory import clients, partners, tables
from powerepos_cloud.directory.revocations import Entry
from powerepos_cloud.directory.rights import client_by_secret
from powerepos_cloud.directory.tables import client_secrets
from powerepos_cloud.foundation.refusals import Conflict, Invalid, NotFound
from powerepos_cloud.foundation.secrets import SecretKind, is_well_formed
from tests.support.desk import KEYS, Desk, refused, unchanged

DAY_MS = 86_400_000


async def proves(desk: Desk, client_id: str, secret: str) -> bool:
    """Whether the token endpoint would take this secret."""
    _, hashed = KEYS.hash(SecretKind.CLIENT_SECRET, secret)
    return await client_by_secret(desk.database.reader, client_id, hashed, desk.clock.now_ms()) is not None


async def test_a_partner_is_registered_with_website_and_contact(desk: Desk) -> None:
    made = await desk.do(partners.create, "Tills Ltd", "https://tills.example/", "Ann", "Ann@Tills.example")
    assert await desk.ask(partners.get, made.id) == made
    assert await desk.ask(partners.listing) == [made]
    assert (made.state, made.contact_email) == ("approved", "Ann@Tills.example")
    assert await desk.audit() == [("partner.created", str(made.id))]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        (("", "https://tills.example", "Ann", "ann@tills.example"), "company name"),
        (("Tills", "http://tills.example", "Ann", "ann@tills.example"), "website"),
        (("Tills", "https://tills.example", "A\nnn", "ann@tills.example"), "contact name"),
        (("Tills", "https://tills.example", "Ann", "ann at tills"), "e-mail"),
    ],
)
async def test_a_partner_with_a_wrong_value_is_refused_by_name(desk: Desk, values: tuple[str, ...], field: str) -> None:
    assert (await refused(desk, Invalid, partners.create, *values)).startswith(f"{field}: expected ")


async def test_a_client_gets_an_id_and_a_secret_of_which_only_a_hash_is_kept(desk: Desk) -> None:
    partner = await desk.partner()
    client, secret = await desk.do(clients.create, KEYS, partner, "Tills", ["refresh_token", "password"])
    assert client.id.isalnum()
    assert client.id.islower()
    assert client.grants == ["password", "refresh_token"]
    assert is_well_formed(SecretKind.CLIENT_SECRET, secret.secret)
    assert await proves(desk, client.id, secret.secret)
    [row] = await desk.database.reader.all(select(client_secrets))
    assert secret.secret.encode() not in repr(tuple(row)).encode()
    assert row.hash_key == "hash-1"
    action, subject, _, client_id, details = await desk.newest_audit()
    assert (action, subject, client_id) == ("client.created", client.id, client.id)
    assert secret.secret not in str(details)
    assert secret.secret not in repr(secret)


async def test_a_client_needs_a_first_grant(desk: Desk) -> None:
    partner = await desk.partner()
    for grants in ([], ["refresh_token"], ["password", "implicit"]):
        assert "grants" in await refused(desk, Invalid, clients.create, KEYS, partner, "Tills", grants)


async def test_two_secrets_live_and_a_third_is_refused_until_one_ends(desk: Desk) -> None:
    client, first = await desk.client_with_secret()
    second = await desk.do(clients.add_secret, KEYS, client.id)
    text = await refused(desk, Conflict, clients.add_secret, KEYS, client.id)
    assert f"{first.id} (…{first.hint}) and {second.id} (…{second.hint})" in text
    assert await desk.do(clients.end_secret, client.id, first.id) is True
    assert await unchanged(desk, clients.end_secret, client.id, first.id) is False
    assert (await proves(desk, client.id, first.secret), await proves(desk, client.id, second.secret)) == (False, True)
    third = await desk.do(clients.add_secret, KEYS, client.id)
    assert await proves(desk, client.id, third.secret)
    assert [known.is_live(desk.clock.now_ms()) for known in await desk.ask(clients.secrets_of, client.id)] == [
        False,
        True,
        True,
    ]
    assert await desk.feed() == []  # ending a secret ends authentication with it, not what was granted


async def test_an_expired_secret_makes_room(desk: Desk) -> None:
    client, _ = await desk.client_with_secret()
    short = await desk.do(clients.add_secret, KEYS, client.id, desk.clock.now_ms() + DAY_MS)
    assert await proves(desk, client.id, short.secret)
    desk.clock.advance_ms(DAY_MS)
    assert not await proves(desk, client.id, short.secret)
    await desk.do(clients.add_secret, KEYS, client.id)


async def test_a_secret_cannot_have_expired_before_it_is_made(desk: Desk) -> None:
    client, _ = await desk.client_with_secret()
    assert "in the future" in await refused(desk, Invalid, clients.add_secret, KEYS, client.id, desk.clock.now_ms())


async def test_of_ten_secrets_added_at_once_one_is_made(desk: Desk) -> None:
    client, _ = await desk.client_with_secret()
    results = await desk.at_once(*[(clients.add_secret, KEYS, client.id)] * 10)
    assert sum(not isinstance(result, Exception) for result in results) == 1
    assert all(isinstance(result, Conflict | clients.NewSecret) for result in results)
    assert len(await desk.ask(clients.secrets_of, client.id)) == 2


async def test_a_secret_of_another_client_is_not_found(desk: Desk) -> None:
    client, _ = await desk.client_with_secret()
    _, others = await desk.client_with_secret()
    assert "client secret" in await refused(desk, NotFound, clients.end_secret, client.id, others.id)
    assert all(known.ended_at is None for known in await desk.ask(clients.secrets_of, client.id))


async def test_keys_are_stored_public_and_taken_away_again(desk: Desk) -> None:
    client = await desk.client()
    key = ECKey.generate_key("P-256")
    pasted = json.dumps({"keys": [{**key.as_dict(private=False), "kid": "k1", "use": "sig"}]})
    changed = await desk.do(clients.set_keys, client.id, pasted)
    assert changed == await desk.ask(clients.get, client.id)
    assert json.loads(changed.jwks or "")["keys"][0]["kid"] == "k1"
    assert (await desk.newest_audit())[4] == {"kids": ["k1"]}
    assert (await desk.do(clients.set_keys, client.id, None)).jwks is None
    private = json.dumps({"keys": [key.as_dict(private=True)]})
    text = await refused(desk, Invalid, clients.set_keys, client.id, private)
    assert key.as_dict(private=True)["d"] not in text


async def test_grants_are_replaced(desk: Desk) -> None:
    client = await desk.client()
    changed = await desk.do(clients.set_grants, client.id, ["client_credentials"])
    assert changed.grants == ["client_credentials"]
    assert await desk.ask(clients.get, client.id) == changed
    assert (await desk.newest_audit())[4] == {"grants": ["client_credentials"]}


async def test_switching_a_client_off_refuses_and_on_lifts(desk: Desk) -> None:
    client = await desk.client()
    assert await desk.do(clients.switch_off, client.id) is True
    assert await unchanged(desk, clients.switch_off, client.id) is False
    assert (await desk.ask(clients.get, client.id)).state == "off"
    assert await desk.do(clients.switch_on, client.id) is True
    assert await desk.feed() == [
        Entry(n=1, kind="client", id=client.id, state="refused"),
        Entry(n=2, kind="client", id=client.id, state="lifted"),
    ]


async def test_everything_of_a_client_is_revoked_everywhere(desk: Desk) -> None:
    client, other = await desk.client(), await desk.client()
    number = await desk.do(clients.revoke_everything, client.id)
    assert await desk.feed() == [Entry(n=number, kind="client", id=client.id, state="narrowed")]
    assert [await desk.valid_from(tables.clients, who.id) for who in (client, other)] == [number, 0]
    assert (await desk.newest_audit())[0] == "client.revoked_everything"


@pytest.mark.parametrize("client_id", ["nobody", "", "a\0b", "é", "x" * 500])
async def test_an_unknown_client_is_not_found(desk: Desk, client_id: str) -> None:
    deeds = [
        (clients.add_secret, KEYS, client_id),
        (clients.end_secret, client_id, 1),
        (clients.set_keys, client_id, None),
        (clients.set_grants, client_id, ["password"]),
        (clients.switch_off, client_id),
        (clients.switch_on, client_id),
        (clients.revoke_everything, client_id),
    ]
    for deed in deeds:
        assert (await refused(desk, NotFound, *deed)).startswith("there is no client")


async def test_clients_are_listed_by_partner(desk: Desk) -> None:
    tills, kiosks = await desk.partner("Tills"), await desk.partner("Kiosks")
    first, second = await desk.client(tills), await desk.client(kiosks)
    assert {client.id for client in await desk.ask(clients.listing)} == {first.id, second.id}
    assert await desk.ask(clients.listing, kiosks.id) == [second]


async def test_what_is_shown_of_a_partner_can_be_changed_a_field_at_a_time(desk: Desk) -> None:
    made = await desk.partner("Tills Ltd")
    changed = await desk.do(partners.change, made.id, company_name="Tills & Co")
    assert changed == msgspec.structs.replace(made, company_name="Tills & Co") == await desk.ask(partners.get, made.id)
    assert await desk.newest_audit() == (
        "partner.changed", str(made.id), None, None, {"company_name": ["Tills Ltd", "Tills & Co"]}
    )  # fmt: skip
    await unchanged(desk, partners.change, made.id, company_name="Tills & Co")
    await refused(desk, Invalid, partners.change, made.id, website="not a website")
    await refused(desk, NotFound, partners.change, made.id + 1, company_name="Nobody")
