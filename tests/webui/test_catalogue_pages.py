"""The catalogue on its pages: rows changed one by one, files imported after a report, exported as they were."""

import base64
import re
import zlib
from typing import Any

import pytest

from powerepos_cloud.audit.store import newest
from powerepos_cloud.partnerservices.catalogue import browsing, samples, store
from powerepos_cloud.partnerservices.catalogue.samples import SOUTHERN_DAIRY
from powerepos_cloud.webui.pages.catalogue_files import LARGEST
from tests.support.desk import ACTOR
from tests.webui.house import House
from tests.webui.reader import PageSeen, Reader

PRODUCTS = "pluNumber,pluName,groupName,mainGroupName,taxGroupName,active\n"


async def opened(house: House, role: str = "manager") -> Reader:
    """The samples are there, and somebody is signed in."""
    kapow = house.world.harbour.kapow
    await house.partnerservices.write(lambda session: samples.add_samples(session, house.clock.now_ms(), ACTOR, kapow))
    return await house.signed_in("organisation", role)


async def product(house: House, number: int) -> Any:
    """The product, as it is stored."""
    return await browsing.product(house.partnerservices.reader, house.world.harbour.kapow, number)


async def upload(reader: Reader, content: bytes, kind: str = "products", name: str = "list.csv") -> PageSeen:
    """Send a file to be checked."""
    fields = (await reader.get("/catalogue/files")).form("/catalogue/files/check").fields
    answer = await reader.http.post(
        "/catalogue/files/check",
        data={"csrf": fields["csrf"][0], "kind": kind},
        files={"file": (name, content, "text/csv")},
        headers={"Origin": reader.origin},
    )
    reader.page = PageSeen(answer, "/catalogue/files/check")
    return reader.page


async def test_products_are_searched_changed_and_added(house: House) -> None:
    reader = await opened(house)
    page = await reader.get("/catalogue?search=flat")
    assert "Flat White" in page.text
    assert "Olives" not in page.text
    await reader.get("/catalogue/products/2041")
    page = await reader.send("/catalogue/products/2041", pluName="Flat White, large", active="no", taxGroupName="")
    assert page.path == "/catalogue"
    found = await product(house, 2041)
    assert (found.name, found.active, found.tax_group) == ("Flat White, large", False, None)
    [row] = await newest(house.partnerservices.reader, 1)
    assert (row.action, row.actor, row.source) == ("catalogue.imported", "manager@harbour.example", "192.0.2.1")
    await reader.get("/catalogue/products/new")
    typed = {"pluName": "Chai", "groupName": "Coffee", "mainGroupName": "Drinks"}
    page = await reader.send("/catalogue/products/new", pluNumber="2055", **typed)
    assert (page.status, "PLU 2055 is Blueberry Muffin already" in page.text) == (422, True)
    page = await reader.send("/catalogue/products/new", pluNumber="twelve", **typed)
    assert (page.status, "a whole number from 1" in page.text) == (422, True)
    form = page.form("/catalogue/products/new").fields | {"pluNumber": "77"}
    await reader.post("/catalogue/products/new", form)
    before = len(await newest(house.partnerservices.reader, 100))
    await reader.post("/catalogue/products/new", form)  # pressed twice
    assert len(await newest(house.partnerservices.reader, 100)) == before
    assert (await product(house, 77)).name == "Chai"
    assert (await reader.get("/catalogue/products/78")).status == 404


async def test_tax_groups_suppliers_and_codes_are_changed(house: House) -> None:
    reader, kapow = await opened(house), house.world.harbour.kapow
    await reader.get("/catalogue/tax-groups/one")
    page = await reader.send("/catalogue/tax-groups/one", taxGroupName="GST 10", tax1Name="GST", tax1Rate="ten")
    assert (page.status, "a percentage with up to three decimals" in page.text) == (422, True)
    await reader.send("/catalogue/tax-groups/one", tax1Rate="10")
    page = await reader.get("/catalogue/tax-groups")
    assert "GST 10 %, in the price" in page.text
    await reader.get("/catalogue/tax-groups/one?name=GST+10")
    await reader.send("/catalogue/tax-groups/one", tax1Rate="12.5")
    assert "GST 12.5 %" in (await reader.get("/catalogue/tax-groups")).text
    assert (await reader.get("/catalogue/tax-groups/one?name=nothing")).status == 404
    await reader.get("/catalogue/suppliers/new")
    page = await reader.send("/catalogue/suppliers/new", supplierName="Baker & Sons", taxGroupName="GST 10")
    at = page.path
    assert "Baker & Sons is saved." in page.text
    page = await reader.send(f"{at}/codes", supplierProductCode="SCONE", pluNumber="99")
    assert page.status == 422
    assert "SCONE" in page.html
    page = await reader.send(f"{at}/codes", supplierProductCode="SCONE", pluNumber="2042")
    assert "SCONE means PLU 2042" in page.text
    assert "Cheese Scone" in page.text
    await reader.send(at, supplierName="Baker and Daughters")
    names = [one.name for one in await store.list_suppliers(house.partnerservices.reader, kapow)]
    assert names == ["Baker and Daughters", "Southern Dairy"]
    assert "Southern Dairy" in (await reader.get(f"/catalogue/suppliers/{SOUTHERN_DAIRY}")).text


async def test_nothing_is_stored_before_the_report_was_seen(house: House) -> None:
    reader = await opened(house)
    page = await upload(reader, f"{PRODUCTS}2041,Flat White 2,Coffee,Drinks,,\n5,Tea,Hot,Drinks,,yes\n".encode())
    assert "Nothing is stored yet." in page.text
    assert re.search(r"New ?1", page.text)
    assert (await product(house, 5), (await product(house, 2041)).name) == (None, "Flat White")
    form = page.form("/catalogue/files/import").fields
    page = await reader.post("/catalogue/files/import", form)
    assert "1 new, 1 changed, 0 as before" in page.text
    assert ((await product(house, 5)).name, (await product(house, 2041)).name) == ("Tea", "Flat White 2")
    page = await reader.post("/catalogue/files/import", form)
    assert "0 new, 0 changed, 2 as before" in page.text
    page = await reader.get("/audit?what=catalogue")
    assert "from the file list.csv" in page.text


async def test_bad_rows_are_reported_by_line_and_left_out_only_on_demand(house: House) -> None:
    reader = await opened(house)
    page = await upload(
        reader, f"{PRODUCTS}5,Tea,Hot,Drinks,,yes\nx,Bad,Hot,Drinks,,yes\n6,Cocoa,Hot,Drinks,Nowhere,yes\n".encode()
    )
    assert "Leave the wrong rows out" in page.text
    assert re.search(r"3 ?pluNumber ?Expected a whole number", page.text)
    assert re.search(r"4 ?taxGroupName", page.text)
    form = page.form("/catalogue/files/import").fields
    without = {name: value for name, value in form.items() if name != "skip"}
    page = await reader.post("/catalogue/files/import", without)
    assert ("Nothing is stored yet." in page.text, await product(house, 5)) == (True, None)
    page = await reader.post("/catalogue/files/import", form)
    assert "1 new, 0 changed, 0 as before, 2 left out" in page.text
    assert await product(house, 6) is None


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "list.csv", "Choose a file."),
        (b"\xff\xfeA", "list.csv", "UTF-16"),
        (b"one,two\n1,2\n", "list.csv", "pluNumber"),
        (b"{", "list.json", "JSON"),
        (b"x" * (LARGEST + 1), "list.csv", "larger than 4 MiB"),
    ],
    ids=["none", "utf-16", "columns", "json", "large"],
)
async def test_a_file_that_cannot_be_read_says_why(house: House, content: bytes, name: str, said: str) -> None:
    reader = await house.signed_in("organisation", "owner")
    page = await upload(reader, content, name=name)
    assert page.status == 422
    assert said in page.text


async def test_a_report_that_was_tampered_with_is_refused(house: House) -> None:
    reader = await opened(house)
    fields = (await upload(reader, f"{PRODUCTS}5,Tea,Hot,Drinks,,yes\n".encode())).form("/catalogue/files/import").fields
    bomb = base64.urlsafe_b64encode(zlib.compress(b"0" * (LARGEST * 3))).decode()
    for change in ({"content": bomb}, {"content": "!"}, {"content": ""}, {"kind": "people"}, {"form": "exe"}):
        assert (await reader.post("/catalogue/files/import", {**fields, **change})).status == 400, change
    assert await product(house, 5) is None


async def test_an_export_reads_as_the_same(house: House) -> None:
    reader = await opened(house, "owner")
    for kind in ("tax-groups", "products", "suppliers", "supplier-codes"):
        for form in ("csv", "json"):
            answer = await reader.http.get(f"/catalogue/export/{kind}.{form}")
            assert answer.status_code == 200
            assert answer.headers["content-disposition"] == f'attachment; filename="HARBOUR-1-{kind}.{form}"'
            assert answer.headers["cache-control"] == "no-store"
            page = await upload(reader, answer.content, kind, f"x.{form}")
            assert re.search(r"New ?0 ?Changed ?0", page.text), (kind, form, page.text)
    for name in ("products.exe", "people.csv", "products", "."):
        assert (await reader.get(f"/catalogue/export/{name}")).status == 404
