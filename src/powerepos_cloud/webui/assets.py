"""The files that pages refer to. Each address holds the hash of its content, so that browsers may keep it for ever."""

import hashlib
from importlib import resources

import msgspec

_TYPES = {"css": "text/css", "svg": "image/svg+xml", "js": "text/javascript"}


class Asset(msgspec.Struct, frozen=True):
    """One file: its content, media type, and the first 16 hex digits of its SHA-256."""

    content: bytes
    media_type: str
    digest: str


class Assets:
    """All files of the room's `static` folder, read once; no other file can be reached by an address."""

    def __init__(self) -> None:
        self._assets = {file.name: _read(file.name, file.read_bytes()) for file in _folder().iterdir() if file.is_file()}

    def href(self, name: str) -> str:
        """The address of a file as it is now."""
        return f"/static/{self._assets[name].digest}/{name}"

    def find(self, name: str) -> Asset | None:
        """The file of this name, if there is one."""
        return self._assets.get(name)


def _folder() -> "resources.abc.Traversable":
    return resources.files("powerepos_cloud.webui") / "static"


def _read(name: str, content: bytes) -> Asset:
    return Asset(content, _TYPES[name.rpartition(".")[2]], hashlib.sha256(content).hexdigest()[:16])
