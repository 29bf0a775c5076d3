"""Lists of words in one text column."""

import msgspec

_decoder = msgspec.json.Decoder(list[str])


def dump_list(words: list[str] | tuple[str, ...]) -> str:
    """The list as JSON text."""
    return msgspec.json.encode(list(words)).decode()


def load_list(text: str) -> list[str]:
    """The list that `dump_list` wrote."""
    return _decoder.decode(text)
