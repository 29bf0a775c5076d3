"""A sale on its way through a batch: as it was submitted, and what becomes of it."""

from collections.abc import Sequence
from enum import Enum, auto

import msgspec
from powerepos.contract.results import Outcomes
from powerepos.contract.sales import BatchItemErrorCode, PartnerSalesTransaction

from powerepos_cloud.partnerservices.findings import Findings
from powerepos_cloud.partnerservices.sales.model import Sale
from powerepos_cloud.partnerservices.sales.store import Stored
from powerepos_cloud.partnerservices.sales.totals import Tally
from powerepos_cloud.partnerservices.sales.zreports import Z
from powerepos_cloud.partnerservices.wire import Fault, Reading


class Submitted(msgspec.Struct, frozen=True):
    """One sale as it came: `id` canonical, None if it is no usable GUID; `sale` and `tally` None if it could not be read.

    `within` is the pointer of the list that it stands in, in the spelling that was sent; other pointers are relative to the
    sale. `hash` is empty for what could not be read exactly. It is never changed: the unit that judges it may run again.
    """

    within: str
    index: int
    sent_id: str | None
    id: str | None
    sale: Sale | None
    tally: Tally | None
    hash: bytes
    faults: Sequence[Fault]
    warnings: Sequence[Fault]
    reading: "Reading[PartnerSalesTransaction]"

    def spelled(self, found: Sequence[Fault]) -> list[Fault]:
        """Findings with pointers into the whole request, in the spelling that was sent."""
        if not found:
            return []
        prefix = f"{self.within}/{self.index}"
        return [one._replace(pointer=prefix + self.reading.spelled(one.pointer)) for one in found]


class Place(Enum):
    """Where a submitted sale stands to what is stored."""

    REPLAYED = auto()
    NEW = auto()
    CHANGED = auto()
    REFUSED = auto()


_OUTCOMES = {Place.NEW: Outcomes.CREATED, Place.CHANGED: Outcomes.REPLACED}


class Verdict(msgspec.Struct):
    """What became of one submitted sale."""

    submitted: Submitted
    findings: Findings
    place: Place = Place.NEW
    error: BatchItemErrorCode = BatchItemErrorCode.SUCCESS
    known: Stored | None = None
    known_z: Z | None = None
    stored_in: Z | None = None
    version: int | None = None

    @property
    def is_active(self) -> bool:
        """Whether it would be written if nothing is wrong with it."""
        return self.place is Place.NEW or self.place is Place.CHANGED

    def refuse(self, error: BatchItemErrorCode, code: str, message: str, expected: object = None, actual: object = None) -> None:
        """Not to be stored, whatever the rules say."""
        self.place, self.error = Place.REFUSED, error
        self.findings.faults.clear()
        self.findings.reject(code, "/salesTransactionID", message, expected, actual)

    @property
    def outcome(self) -> str:
        """The word for the answer."""
        if self.error == BatchItemErrorCode.SKIPPED:
            return Outcomes.SKIPPED
        return Outcomes.REJECTED if self.error else _OUTCOMES.get(self.place, Outcomes.REPLAYED)

    @property
    def content(self) -> tuple[str, Sale, Tally]:
        """ID, sale and tally of one that can be stored."""
        submitted = self.submitted
        assert submitted.id is not None
        assert submitted.sale is not None
        assert submitted.tally is not None
        return submitted.id, submitted.sale, submitted.tally
