"""Signed in as one organisation, no address opens, changes or shows anything of another."""

import re

from powerepos_cloud.audit.store import newest
from powerepos_cloud.webui.frame import OPT
from powerepos_cloud.webui.navigation import ORGANISATION
from tests.webui.crawl import NOT_OURS, THEIR_OUTLET, THEIR_PRODUCT, THEIR_SUPPLIER, Page, fill_lakeside, pages
from tests.webui.house import House


def of_organisations(house: House) -> list[Page]:
    """The pages of organisations."""
    return [page for page in pages(house.app) if page.who.audience == ORGANISATION]


async def test_every_address_with_anothers_ids_is_not_found(house: House) -> None:
    ids = await fill_lakeside(house)
    owner, theirs = await house.signed_in("organisation", "owner"), await house.signed_in("lakeside", "owner")
    csrf = (await owner.get("/account")).forms[0].fields["csrf"]
    before = len(await newest(house.directory.reader, 500)) + len(await newest(house.partnerservices.reader, 500))
    tried = 0
    for page in of_organisations(house):
        unknown = set(page.parameters) - set(ids) - NOT_OURS
        assert not unknown, f"say in tests/webui/crawl.py what {unknown} of {page.path} is at the other organisation"
        if not set(page.parameters) & set(ids):
            continue
        address = page.filled(ids)
        tried += 1
        if page.method == "GET":
            assert (await theirs.get(address)).status == 200, f"the other organisation itself does not find {address}"
            assert (await owner.get(address)).status == 404, address
        else:
            assert (await owner.post_only(address, {"csrf": csrf, "use": "0"})).status_code == 404, address
    assert tried >= 15
    after = len(await newest(house.directory.reader, 500)) + len(await newest(house.partnerservices.reader, 500))
    assert after == before


async def test_no_page_shows_anything_of_another(house: House) -> None:
    ids = await fill_lakeside(house)
    owner = await house.signed_in("organisation", "owner")
    needles = [
        house.world.lakeside.code, house.world.lakeside.kapow, house.world.lakeside_account.id, "Lakeside",
        THEIR_OUTLET, THEIR_PRODUCT.name, str(THEIR_PRODUCT.number), THEIR_SUPPLIER, ids["outlet"], ids["supplier"],
    ]  # fmt: skip
    seen: set[str] = set()
    waiting = sorted({page.path for page in of_organisations(house) if page.method == "GET" and not page.parameters})
    while waiting:
        path = waiting.pop()
        if path in seen or len(seen) > 300:
            continue
        seen.add(path)
        page = await owner.get(path)
        assert page.status < 500, path
        found = [needle for needle in needles if needle in page.html]
        assert not found, f"{path} shows {found}"
        links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"#]*)"', page.html)}
        waiting += sorted(link for link in links - seen if not link.startswith(("/static", "/docs", "/outbox")))
    assert len(seen) > 10


async def test_every_page_says_who_may_open_it(house: House) -> None:
    found = pages(house.app)
    assert found, f"no handler carries {OPT!r}"
    for page in found:
        if page.who.audience is not None:
            assert page.who.roles, page.path
        else:
            assert page.path.startswith(("/account", "/sign-out", "/theme", "/start", "/support/view/end")), page.path


async def test_a_viewer_opens_no_page_that_a_viewer_may_not(house: House) -> None:
    """Owner all, manager all but people and closing, viewer figures only: each page says its roles, and the frame holds it."""
    ids = await fill_lakeside(house)
    for role in ("manager", "viewer"):
        reader = await house.signed_in("organisation", role)
        csrf = (await reader.get("/account")).forms[0].fields["csrf"]
        for page in of_organisations(house):
            if role in page.who.roles:
                continue
            address = page.filled({**dict.fromkeys(NOT_OURS, "x"), **ids})
            answer = (
                await reader.post_only(address, {"csrf": csrf}) if page.method == "POST" else (await reader.get(address)).answer
            )
            assert answer.status_code == 403, (role, page.path)
