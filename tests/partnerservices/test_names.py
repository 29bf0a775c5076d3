"""The vendor's spelling of field names, made from ours."""

import msgspec
import pytest
from powerepos.contract import ErrorResponse
from powerepos.contract.naming import vendor_name


@pytest.mark.parametrize(
    ("ours", "vendors"),
    [
        ("outlet_id", "outletID"),
        ("z_report_id", "zReportID"),
        ("client_id", "clientID"),
        ("service_uri", "serviceURI"),
        ("error_code", "errorCode"),
        ("amount", "amount"),
        ("plu", "plu"),
        ("item_plu", "itemPLU"),
        ("identifier_of_idle", "identifierOfIdle"),
    ],
)
def test_abbreviations_stand_in_capitals_unless_they_come_first(ours: str, vendors: str) -> None:
    assert vendor_name(ours) == vendors


def test_a_partner_reads_an_error_by_the_contract() -> None:
    body = b'{"errorCode":"outlet.forbidden","errorMessage":"No.","requestID":"r-1","data":null,"later":true}'
    expected = ErrorResponse(error_code="outlet.forbidden", error_message="No.", request_id="r-1")
    assert msgspec.json.decode(body, type=ErrorResponse) == expected
