"""Which known texts look like one that is not known: what an error offers beside "there is no such code"."""

from collections import Counter, defaultdict
from collections.abc import Iterable

_LEAST_ALIKE = 0.4
_MOST_LOOKED_AT = 2000


class Similar:
    """Known texts, by the pairs of neighbouring letters and digits in them; case and other signs do not count."""

    def __init__(self, known: Iterable[str]) -> None:
        self._pairs = {text: _pairs(text) for text in known}
        self._holders: dict[str, list[str]] = defaultdict(list)
        for text, pairs in self._pairs.items():
            for pair in pairs:
                self._holders[pair].append(text)

    def to(self, text: str, most: int) -> list[str]:
        """At most `most` known texts, likest first, equals in their own order; none that has too little in common.

        Rare pairs are looked at first and common ones not at all once enough was seen, so that a thousand wrong codes
        against ten thousand known ones are no way to keep the server busy.
        """
        wanted = _pairs(text)
        seen: Counter[str] = Counter()
        looked_at = 0
        for holders in sorted((self._holders[pair] for pair in wanted if pair in self._holders), key=len):
            if looked_at and looked_at + len(holders) > _MOST_LOOKED_AT:
                break
            looked_at += len(holders)
            seen.update(holders)
        scored = sorted((-self._alike(wanted, found), found) for found, _ in seen.most_common(most * 10))
        return [found for score, found in scored[:most] if -score >= _LEAST_ALIKE]

    def _alike(self, wanted: frozenset[str], found: str) -> float:
        """From 0 to 1: twice what they share over what they have (the coefficient of Sørensen and Dice)."""
        pairs = self._pairs[found]
        return 2 * len(wanted & pairs) / (len(wanted) + len(pairs))


def _pairs(text: str) -> frozenset[str]:
    signs = "".join(filter(str.isalnum, text.casefold())) or text
    marked = f"\x02{signs}\x03"  # so that beginning and end count
    return frozenset(marked[n : n + 2] for n in range(len(marked) - 1))
