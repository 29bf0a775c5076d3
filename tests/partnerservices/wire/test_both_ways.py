"""The quick way and the strict way read the same; no body makes either fail otherwise than by saying what is wrong."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from powerepos.contract.sales import (
    PartnerSalesBatchRequest,
    PartnerSalesTransaction,
    PartnerZFinaliseRequest,
    PartnerZReportRequest,
)
from powerepos.contract.stock import AddStockOrderRequest

from powerepos_cloud.partnerservices.wire import JsonFault, read, read_order
from powerepos_cloud.partnerservices.wire.document import Numeral, parse
from powerepos_cloud.partnerservices.wire.faults import shown
from powerepos_cloud.partnerservices.wire.judging import Findings, structure
from powerepos_cloud.partnerservices.wire.plans import plan_of
from powerepos_cloud.partnerservices.wire.quick import quick, quick_batch
from powerepos_cloud.partnerservices.wire.twins import documented, pascal
from tests.partnerservices.wire.documents import at, batches, documents, many, places, pointer, put, read_batch, renamed, render

MODELS = [PartnerSalesTransaction, PartnerZReportRequest, PartnerZFinaliseRequest, AddStockOrderRequest]
SPACES = st.sampled_from(["", " ", "\n\t", "\r\n  "])
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers().map(str).map(Numeral)
    | st.sampled_from([Numeral("1e99"), Numeral("NaN"), Numeral("-Infinity"), "1.5", "\0", "\ud800", "", "null"])
    | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=6,
)


def read_strictly(raw: bytes, model: type[msgspec.Struct]) -> msgspec.Struct:
    """The value that the strict way gives."""
    found = Findings()
    value = structure(plan_of(model), parse(raw), None, found)
    assert (found.faults, found.warnings()) == ([], [])
    assert isinstance(value, msgspec.Struct)
    return value


def json_fault(reading: Callable[[], object]) -> JsonFault | None:
    """What makes the body unreadable, if it is."""
    try:
        reading()
    except JsonFault as fault:
        return fault
    return None


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@many
@given(data=st.data(), space=SPACES, ascii_only=st.booleans())
def test_both_ways_give_the_same_value(model: Any, data: st.DataObject, space: str, ascii_only: bool) -> None:
    raw = render(data.draw(documents(model)), space=space, ascii_only=ascii_only)
    reading = read(raw, model)
    assert (reading.faults, reading.warnings) == ([], [])
    assert reading.value == read_strictly(raw, model)
    assert type(reading.value) is model


@pytest.mark.parametrize("spelling", [documented, pascal])
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@many
@given(data=st.data(), space=SPACES)
def test_what_has_neither_faults_nor_exponents_is_read_the_quick_way(
    model: Any, spelling: Any, data: st.DataObject, space: str
) -> None:
    tree = renamed(data.draw(documents(model, plain=True)), spelling)
    raw = render(tree, space=space)
    value = quick(model, spelling).read(raw)
    assert value is not None
    assert value == read_strictly(raw, model)


@many
@given(st.data())
def test_batches_go_the_quick_way_too(data: st.DataObject) -> None:
    tree = data.draw(batches(plain=True))
    reader = quick_batch(PartnerSalesBatchRequest, "sales", PartnerSalesTransaction, documented)
    found = reader.read(render(tree))
    assert found is not None
    assert list(map(reader.part, found[1])) == [read_strictly(render(sale), PartnerSalesTransaction) for sale in tree["sales"]]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@many
@given(data=st.data())
def test_any_letter_case_of_names_gives_the_same_value(model: Any, data: st.DataObject) -> None:
    tree = data.draw(documents(model))
    respelled = renamed(tree, lambda name: "".join(data.draw(st.sampled_from([s.lower(), s.upper()])) for s in name))
    reading = read(render(respelled), model)
    assert (reading.faults, reading.warnings) == ([], [])
    assert reading.value == read(render(tree), model).value


@many
@given(batches(), st.data())
def test_any_letter_case_of_a_batch_gives_the_same_sales(tree: Any, data: st.DataObject) -> None:
    respelled = renamed(tree, data.draw(st.sampled_from([str.lower, str.upper, str.title, pascal])))
    envelope, sales = read_batch(render(respelled))
    plain_envelope, plain_sales = read_batch(render(tree))
    assert envelope.value == plain_envelope.value
    assert [sale.value for sale in sales] == [sale.value for sale in plain_sales]
    assert all(sale.value is not None for sale in sales)


@many
@given(batches(), st.data())
def test_a_fault_is_told_once_at_its_place_and_only_by_its_sale(tree: Any, data: st.DataObject) -> None:
    leaf_places = [path for path in places(tree) if path[0] == "sales" and not isinstance(at(tree, path), dict | list)]
    path = data.draw(st.sampled_from(leaf_places))
    envelope, sales = read_batch(render(put(tree, path, {})))
    assert envelope.faults == []
    number = path[1]
    assert isinstance(number, int)
    assert [sale.base + fault.pointer for sale in sales for fault in sale.faults] == [pointer(path)]
    assert sales[number].value is None
    _, unharmed = read_batch(render(tree))
    assert [sale.value for n, sale in enumerate(sales) if n != number] == [
        sale.value for n, sale in enumerate(unharmed) if n != number
    ]


@many
@given(batches(most=2), st.data())
def test_whatever_stands_anywhere_is_told_where_it_stands(tree: Any, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(places(tree), key=str)))
    changed = put(tree, path, data.draw(ANYTHING))
    fault = json_fault(lambda: read_batch(render(changed)))
    if fault is not None:
        assert fault.code == "json.duplicate_name"  # drawn names may differ in letter case alone
        return
    envelope, sales = read_batch(render(changed))
    known = ["", *(shown(pointer(path), 1000) for path in places(changed))]
    for reading in (envelope, *sales):
        assert (reading.value is None) == bool(reading.faults)
        for found in (*reading.faults, *reading.warnings):
            msgspec.json.encode(found)
            if found.code != "field.missing":
                assert reading.base + found.pointer in known


@many
@given(batches(most=2).map(render), st.data())
def test_a_mutilated_body_raises_nothing_but_a_json_fault(raw: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 20)))
    mutilated = raw[:start] + data.draw(st.binary(max_size=4) | st.sampled_from([b",", b'"', b"{", b"]", b"\\u"])) + raw[end:]
    for reader in (read_batch, read_order, lambda body: read(body, PartnerSalesTransaction)):
        if fault := json_fault(lambda reader=reader: reader(mutilated)):  # type: ignore[misc]
            assert fault.code.startswith("json.")
            lines = mutilated.decode(errors="replace").split("\n")
            assert 1 <= (fault.line or 0) <= len(lines)
            assert 1 <= (fault.column or 0) <= len(lines[(fault.line or 0) - 1]) + 1


@many
@given(st.binary(max_size=60))
def test_noise_raises_nothing_but_a_json_fault(raw: bytes) -> None:
    with pytest.raises(JsonFault):
        read_batch(b"\x01" + raw)


@many
@given(batches(), st.data())
def test_a_name_given_twice_anywhere_is_found(tree: Any, data: st.DataObject) -> None:
    objects = [path for path in [(), *places(tree)] if isinstance(at(tree, path), dict) and at(tree, path)]
    path = data.draw(st.sampled_from(sorted(objects, key=str)))
    holder = at(tree, path)
    name = data.draw(st.sampled_from(sorted(holder)))
    respell = data.draw(st.sampled_from([str, str.upper, str.lower, pascal]))
    marked = put(tree, path, {**holder, "\ue000": holder[name]})
    raw = render(marked, ascii_only=False).replace("\ue000".encode(), respell(name).encode())
    with pytest.raises(JsonFault) as raised:
        read_batch(raw)
    assert (raised.value.code, raised.value.pointer) == ("json.duplicate_name", pointer((*path, respell(name))))
    assert raw.decode().split("\n")[0][(raised.value.column or 0) - 1 :].startswith(json.dumps(respell(name)))


@many
@given(documents(AddStockOrderRequest), st.data())
def test_a_line_that_cannot_be_read_does_not_hide_the_others(tree: Any, data: st.DataObject) -> None:
    order, lines = read_order(render(tree))
    assert order.value is not None
    assert order.value.line_items == []
    assert [line.value for line in lines] == list(read(render(tree), AddStockOrderRequest).value.line_items)  # type: ignore[union-attr]
    if tree["lineItems"]:
        number = data.draw(st.integers(0, len(tree["lineItems"]) - 1))
        broken = put(tree, ("lineItems", number, "amount"), "12")
        order, again = read_order(render(broken))
        assert order.faults == []
        assert [line.base + fault.pointer for line in again for fault in line.faults] == [f"/lineItems/{number}/amount"]
        assert [one.value for n, one in enumerate(again) if n != number] == [
            one.value for n, one in enumerate(lines) if n != number
        ]


def test_no_number_passes_through_a_float() -> None:
    raw = render({"amountPurchase": Numeral("9007199254740993.01"), "paymentTypeName": "Visa"})
    sale = {"salesTransactionID": "1", "dateTimeClosed": "2", "invoiceNumber": "3", "transactionPayments": []}
    for space in ("", " "):
        body = render({**sale, "transactionPayments": [parse(raw)]}, space=space)
        for model_name in (documented, pascal, str.lower):
            reading = read(render(renamed(parse(body), model_name)), PartnerSalesTransaction)
            assert reading.value is not None
            assert str(reading.value.transaction_payments[0].amount_purchase) == "9007199254740993.01"
            assert reading.value.transaction_payments[0].amount_tip == Decimal(0)
