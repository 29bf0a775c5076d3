"""Why an order is not stored: facts, which `answers.py` puts into words."""

from collections.abc import Sequence

from powerepos.contract.codes import Codes
from powerepos.contract.stock import RequestResultCode

from powerepos_cloud.partnerservices.stock.intake import Intake, OfLine
from powerepos_cloud.partnerservices.wire import Fault


class OrderFailed(Exception):
    """Nothing of the order is stored. `faults` are the order's own, `line_faults` all of its lines'.

    `supplier_id` is that of the supplier if there is one: what its failing lines may have meant can be looked up.
    """

    def __init__(
        self,
        result: RequestResultCode,
        faults: Sequence[Fault],
        line_faults: Sequence[OfLine] = (),
        *,
        status: int = 400,
        supplier_id: str | None = None,
    ) -> None:
        super().__init__(result.name)
        self.status = status
        self.result = result
        self.faults = faults
        self.line_faults = line_faults
        self.supplier_id = supplier_id


def malformed(intake: Intake) -> OrderFailed:
    """The order itself cannot be read; what is wrong with its lines is told, too."""
    return OrderFailed(RequestResultCode.VALIDATION_FAILED, intake.faults, intake.line_faults)


def outlet_unresolved(
    intake: Intake,
    code: str,
    pointer: str,
    message: str,
    actual: object = None,
    expected: str = "an outlet of the organisation",
) -> OrderFailed:
    """There is no such outlet, or not one alone."""
    fault = Fault(code, pointer, message, expected, actual)
    return OrderFailed(RequestResultCode.OUTLET_NOT_RESOLVED, [fault], intake.line_faults)


def outlet_closed(code: str, pointer: str, message: str) -> OrderFailed:
    """The outlet takes no orders from this caller. What is wrong with them is nothing to tell then."""
    return OrderFailed(RequestResultCode.OUTLET_NOT_RESOLVED, [Fault(code, pointer, message)], status=403)


def id_taken() -> OrderFailed:
    """The order's ID belongs to another outlet's or client's order."""
    told = "This orderID is taken by an order of another outlet or client: use a new GUID."
    return OrderFailed(RequestResultCode.VALIDATION_FAILED, [Fault(Codes.ORDER_ID_CONFLICT, "/orderID", told)])
