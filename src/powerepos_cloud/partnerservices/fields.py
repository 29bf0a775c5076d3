"""Single fields of a record: from the wire to whole numbers, canonical times and GUIDs, or a fault says why not."""

from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal
from typing import Final

from powerepos.contract.codes import Codes
from powerepos.contract.limits import Limits

from powerepos_cloud.partnerservices.findings import Findings
from powerepos_cloud.partnerservices.wire import guid, local_datetime

LARGEST_AMOUNT: Final = 10**9
"""Money and taxes are smaller than this (contract section 6)."""
EXACT: Final = Context(prec=2 * Limits.MAX_BODY_BYTES, Emin=MIN_EMIN, Emax=MAX_EMAX)
"""No number has more digits than its body bytes: in this context nothing is rounded unseen, and nothing overflows."""
_LARGEST_EXPONENT = 18
_LONGEST_QUICK = 64  # no field's numbers are longer, and `int` refuses texts of thousands of digits


class Units(dict[str, int]):
    """Decimals in a field's unit, by their text, each reckoned once for a body: prices and taxes repeat.

    Looking a text up is twice as quick as reckoning; a decimal's own hash is not. What is too large gives 0, what has too
    many decimals is rounded half-even; both are put into `unfit` each time.
    """

    def __init__(self, decimals: int, largest: int, unfit: list[Decimal]) -> None:
        super().__init__()
        self._decimals, self._largest = decimals, largest * 10**decimals
        self._scale, self._step = Decimal(10**decimals), Decimal(1).scaleb(-decimals)
        self._least, self._most = Decimal(-largest), Decimal(largest)
        self._unfit = unfit

    def __missing__(self, text: str) -> int:
        units, _, fraction = text.partition(".")
        # Most are so; only the others need reckoning with decimals.
        if len(fraction) <= self._decimals and len(text) <= _LONGEST_QUICK and "E" not in text:
            whole = int(units + fraction.ljust(self._decimals, "0"))
            if -self._largest < whole < self._largest:
                self[text] = whole
                return whole
        return self._reckoned(text)

    def _reckoned(self, text: str) -> int:
        value = Decimal(text)
        if not self._least < value < self._most:
            self._unfit.append(value)
            return 0
        scaled = value * self._scale
        whole = int(scaled)
        if whole != scaled:
            self._unfit.append(value)
            return int(value.quantize(self._step, ROUND_HALF_EVEN) * self._scale)
        self[text] = whole
        return whole


class Fields:
    """Reads fields of one record; `findings` collects what is wrong with them or worth a warning."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def scaled(self, value: Decimal, scale: int, largest: int, pointer: str, field: str) -> int:
        """The number in its unit, exactly."""
        if -largest < value < largest:
            scaled = value * scale
            whole = int(scaled)
            if whole == scaled:
                return whole
        self.refuse_number(value, largest, len(str(scale)) - 1, pointer, field)
        return 0

    def refuse_number(self, value: Decimal, largest: int, decimals: int, pointer: str, field: str) -> None:
        """Say why a number cannot be taken: its exponent, its size, or its decimals."""
        exponent = value.as_tuple().exponent
        where = f"{pointer}/{field}"
        shown = value if len(value.as_tuple().digits) <= 40 else str(value)[:40]
        if not isinstance(exponent, int) or exponent > _LARGEST_EXPONENT or value.adjusted() < -2 * _LARGEST_EXPONENT:
            self._findings.reject(
                Codes.NUMBER_TYPE, where, f"{field} has an exponent out of range.", "exponents within 18", str(value)[:40]
            )
        elif abs(value) >= largest:
            self._findings.reject(
                Codes.NUMBER_RANGE, where, f"{field} is out of range.", f"above -{largest} and below {largest}", shown
            )
        else:
            self._findings.reject(
                Codes.NUMBER_SCALE, where, f"{field} has too many decimals.", f"at most {decimals} decimals", shown
            )

    def time(self, text: str, pointer: str) -> str:
        """An outlet-local time as `yyyy-MM-dd HH:mm:ss.fff`; a zone that came with it is ignored, with a warning."""
        read = local_datetime(text)
        if read is None:
            self._findings.reject(
                Codes.DATE_INVALID, pointer, "This is no date and time.", "yyyy-MM-dd HH:mm:ss, outlet-local", text[:64]
            )
            return "0001-01-01 00:00:00.000"
        if read.has_zone:
            self._findings.warn(
                Codes.DATE_ZONE,
                pointer,
                "The zone was ignored: times are the outlet's local time.",
                read.text,
                text[:64],
            )
        return read.text

    def guid(self, text: str | None, pointer: str) -> str | None:
        """A GUID in lower case with hyphens; None if none was sent, or what was sent is none."""
        if text is None:
            return None
        canonical = guid(text)
        if canonical is None:
            self._findings.reject(
                Codes.GUID_INVALID,
                pointer,
                "This is no GUID.",
                "a GUID such as 5d2f1c90-6b7e-4a58-9c31-77e0a4b8d201",
                text[:64],
            )
        return canonical
