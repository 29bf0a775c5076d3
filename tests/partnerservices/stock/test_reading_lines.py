"""Lines that are read all at once are what they are when read one after the other."""

import uuid
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from powerepos_cloud.partnerservices.stock.intake import read_lines
from powerepos_cloud.partnerservices.wire import Faultless, read_order
from tests.partnerservices.wire.documents import many

ids = st.sampled_from([str(uuid.UUID(int=n)) for n in range(12)]) | st.sampled_from(["", "no", str(uuid.UUID(int=3)).upper()])
numbers = st.sampled_from([1, -1, 0, 1.5, 12.34, -0.05, 1.000001, 10**9, 10**13, -99999.99999])
texts = st.none() | st.sampled_from(["A", " A ", "", "  ", "GST 15"])
lines = st.fixed_dictionaries(
    {
        "lineItemID": ids, "type": st.sampled_from([0, 1, 4, 10, 11, 12, 100]), "description": st.sampled_from(["Milk", " ", ""]),
        "quantity": numbers, "amount": numbers, "supplierProductCode": texts, "taxGroupName": texts,
    }
)  # fmt: skip
plain_ids = st.lists(st.uuids().filter(lambda value: value.int), max_size=3, unique=True)
plain_lines = plain_ids.flatmap(
    lambda drawn: st.tuples(
        *(
            st.fixed_dictionaries(
                {
                    "lineItemID": st.just(str(one)), "type": st.sampled_from([0, 3, 10, 11, 100]),
                    "description": st.just("Milk"), "quantity": st.sampled_from([0, 1, -1.5]),
                    "amount": st.sampled_from([3, -0.07, 1234567.5]), "supplierProductCode": st.sampled_from(["A", " A ", None]),
                    "taxGroupName": texts,
                }
            )
            for one in drawn
        )
    )
)  # fmt: skip


@many
@given(st.lists(lines, max_size=4) | plain_lines)
def test_lines_at_once_are_lines_one_by_one(drawn: list[dict[str, Any]]) -> None:
    body = {
        "orderID": str(uuid.UUID(int=1)), "supplierInvoiceNumber": "1", "supplierInvoiceDate": "2026-11-24",
        "applicationClientName": "A", "applicationClientVersion": "1", "lineItems": drawn,
    }  # fmt: skip
    _, readings = read_order(msgspec.json.encode(body))
    assert isinstance(readings, Faultless)
    at_once, one_by_one = read_lines(readings), read_lines(list(readings))
    assert vars_of(at_once) == vars_of(one_by_one)


def vars_of(read: Any) -> list[Any]:
    """What is found of lines."""
    return [read.read_ones, read.places, read.faults, read.warnings]
