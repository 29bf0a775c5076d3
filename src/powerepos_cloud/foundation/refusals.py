"""Why a deed was not done, for whoever asked for it: each says what was expected, what came and what to do.

The texts are meant to be shown: they hold what the asker typed (cut short, control characters escaped), never a secret.
"""

_SHOWN = 80


class Note(str):
    """What came, described instead of quoted: a count, or something that must not be shown."""

    __slots__ = ()


class Refused(Exception):
    """A deed that was not done, for a reason that its asker can mend."""


class Invalid(Refused):
    """A value that cannot be taken. `got` is what came (a `Note` if it must not be shown), `cure` says what to do."""

    def __init__(self, field: str, expected: str, got: object, cure: str = "") -> None:
        super().__init__(f"{field}: expected {expected}, got {shown(got)}.{' ' + cure if cure else ''}")
        self.field = field
        self.expected = expected
        self.got = shown(got)
        self.cure = cure


class NotFound(Refused):
    """There is no such thing, or it belongs to somebody else: the two cannot be told apart."""

    def __init__(self, kind: str, wanted: object, cure: str = "") -> None:
        super().__init__(f"there is no {kind} {shown(wanted)}.{' ' + cure if cure else ''}")
        self.kind = kind
        self.id = str(wanted)
        self.cure = cure


class Conflict(Refused):
    """The value is fine, but what is there already does not allow it. `what` says it, `cure` what to do."""

    def __init__(self, what: str, cure: str = "") -> None:
        super().__init__(f"{what}.{' ' + cure if cure else ''}")
        self.what = what
        self.cure = cure


def shown(value: object) -> str:
    """A value as an error may show it: quoted, escaped, cut."""
    if value is None:
        return "nothing"
    text = str(value)
    cut = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return repr(cut) if isinstance(value, str) and not isinstance(value, Note) else cut
