"""Where a database is, from the setting that says so."""

from pathlib import Path

_POSTGRESQL = ("postgresql", "postgres", "postgresql+asyncpg")


def parse_url(name: str, url: str) -> Path | str:
    """The file of `sqlite:///path`, or `postgresql://…` as SQLAlchemy's asyncpg engine wants it.

    Raises `ValueError` for any other address; `name` says in its text which database was meant.
    """
    scheme, separator, rest = url.partition("://")
    if scheme == "sqlite" and rest.startswith("/") and rest not in ("/", "/:memory:"):
        return Path(rest[1:])
    if separator and scheme in _POSTGRESQL:
        return f"postgresql+asyncpg://{rest}"
    raise ValueError(f"the {name} database's URL must be sqlite:///path or postgresql://…, not {scheme}:…")
