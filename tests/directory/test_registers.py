"""The lists of support: searched, page by page, each row once."""

import pytest

from powerepos_cloud.directory import accounts, assignments, connections, registers, services
from powerepos_cloud.directory.registers import Listed
from tests.support.desk import KEYS, SALES, Desk


async def codes(desk: Desk, text: str = "") -> list[str]:
    return [row.code for row in (await desk.ask(registers.search_organisations, text)).rows]


async def test_organisations_are_found_by_code_name_and_kapow(desk: Desk) -> None:
    for code in ("HARBOUR", "HARVEST-2", "LAKESIDE"):
        made = await desk.organisation(code)
    assert await codes(desk) == ["HARBOUR", "HARVEST-2", "LAKESIDE"]
    assert await codes(desk, "har") == ["HARBOUR", "HARVEST-2"]
    assert await codes(desk, "keSi") == ["LAKESIDE"]
    assert await codes(desk, made.kapow.upper()) == ["LAKESIDE"]
    for text in ("%", "_", "\\", "'"):
        assert await codes(desk, text) == []


async def test_each_page_goes_on_where_the_last_one_ended(desk: Desk) -> None:
    partner = await desk.partner("Tills 1")
    for number in (2, 3):
        await desk.partner(f"Tills {number}")
        await desk.organisation(f"SHOP-{number}")
    for _ in range(2):
        await desk.client(partner)
        await desk.organisation(f"A-{await desk.ask(_many)}")
    for search, name in (
        (registers.search_organisations, "code"),
        (registers.search_partners, "id"),
        (registers.search_clients, "id"),
    ):
        whole = [getattr(row, name) for row in (await desk.ask(search, "")).rows]
        assert len(whole) == len(set(whole)) >= 2
        seen, after = [], ""
        while after is not None:
            page: Listed = await desk.ask(search, "", after or "", 1)
            seen += [getattr(row, name) for row in page.rows]
            after = page.after
        assert seen == whole


async def _many(session: object) -> int:
    return len((await registers.search_organisations(session, "")).rows)  # type: ignore[arg-type]


@pytest.mark.parametrize("after", ["x", "-1", "9" * 40, "1~", "~", "'"])
async def test_a_place_that_no_list_gave_is_no_fault(desk: Desk, after: str) -> None:
    await desk.client()
    for search in (registers.search_organisations, registers.search_partners, registers.search_clients):
        await desk.ask(search, "", after)


async def test_partners_and_clients_are_found_by_their_texts(desk: Desk) -> None:
    tills, other = await desk.partner("Tills Ltd"), await desk.partner("Other Café")
    client = await desk.client(tills)
    for text, expected in (("tills l", [tills.id]), ("ann@", [other.id, tills.id]), ("https://tills", [other.id, tills.id])):
        assert [row.id for row in (await desk.ask(registers.search_partners, text)).rows] == expected
    [row] = (await desk.ask(registers.search_partners, "Tills Ltd")).rows
    assert (row.clients, row.state, row.contact_name) == (1, "approved", "Ann")
    for text in (client.id, client.id[:6], "TILLS"):
        [row] = (await desk.ask(registers.search_clients, text)).rows
        assert (row.id, row.company_name) == (client.id, "Tills Ltd")
    assert (await desk.ask(registers.search_clients, "Café")).rows == []


async def test_connections_are_listed_with_code_and_name(desk: Desk) -> None:
    partner = await desk.partner()
    client, other = await desk.client(partner), await desk.client(await desk.partner("Other"))
    harbour, lakeside = await desk.organisation("HARBOUR"), await desk.organisation("LAKESIDE")
    account, _ = await desk.do(accounts.create, KEYS, harbour, "Till", [SALES], None, [client.id])
    await desk.connect(harbour, account, client)
    await desk.do(connections.approve, lakeside, client.id, ["ros"], [], None)
    await desk.do(connections.approve, lakeside, other.id, ["ros"], [], None)
    for rows in (
        await desk.ask(registers.connections_of_client, client.id),
        await desk.ask(registers.connections_of_partner, partner.id),
    ):
        assert [(row.code, row.name, row.kind) for row in rows] == [
            ("LAKESIDE", "Lakeside", "approved"),
            ("HARBOUR", "Harbour", "account"),
        ]


async def test_instances_tell_how_many_are_on_them(desk: Desk) -> None:
    one, _ = await desk.do(services.create_instance, KEYS, "ros", "https://one.example/", "One")
    two, _ = await desk.do(services.create_instance, KEYS, "ros", "https://two.example/", "Two")
    for code, instance in (("AA", one), ("BB", one), ("CC", two)):
        await desk.do(assignments.assign, await desk.organisation(code), instance.id)
    assert await desk.ask(registers.organisations_on) == {one.id: 2, two.id: 1}
