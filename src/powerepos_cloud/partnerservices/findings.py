"""What was found in one record (a sale, a stock order, a line): reasons not to store it, and warnings."""

import msgspec
from powerepos.contract.results import ResultWarning

from powerepos_cloud.partnerservices.wire import Fault

_NONE: frozenset[str] = frozenset()


class Findings:
    """What the rules found in one record."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []

    def reject(self, code: str, pointer: str, message: str, expected: object = None, actual: object = None) -> None:
        """A reason not to store the record."""
        self.faults.append(Fault(code, pointer, message, expected, actual))

    def warn(self, code: str, pointer: str, message: str, expected: object = None, actual: object = None) -> None:
        """Something that the sender should look at; the record is stored."""
        self.warnings.append(Fault(code, pointer, message, expected, actual))

    @property
    def codes(self) -> frozenset[str]:
        """The codes of the warnings, once each."""
        return frozenset(one.code for one in self.warnings) if self.warnings else _NONE

    def dump_warnings(self) -> str | None:
        """The warnings as they are kept with the record: JSON, or None."""
        if not self.warnings:
            return None
        kept = [ResultWarning(code=one.code, message=one.message, pointer=one.pointer) for one in self.warnings]
        return msgspec.json.encode(kept).decode()
