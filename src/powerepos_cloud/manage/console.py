"""What the commands share: settings and databases opened, a deed done in one unit, refusals in one sentence on stderr."""

import asyncio
import getpass
import os
import sqlite3
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, TypeVar

import typer
from rich.console import Console
from sqlalchemy import exc as sa_exc
from typer.core import TyperGroup

from powerepos_cloud.audit.store import Actor
from powerepos_cloud.directory import services
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.directory.organisations import by_code as organisation_by_code
from powerepos_cloud.foundation.clock import Clock, SystemClock
from powerepos_cloud.foundation.database import Database, DatabaseUnavailable, Session, UniqueViolation, open_database
from powerepos_cloud.foundation.database.migrate import History, WrongSchema, current_revision, is_current
from powerepos_cloud.foundation.refusals import NotFound, Refused
from powerepos_cloud.foundation.sealing import MasterKeyError, Seal, load_master_key
from powerepos_cloud.keyring import store as keyring_store
from powerepos_cloud.keyring.ring import KeyRing, Keys
from powerepos_cloud.settings import Settings, SettingsError, load_settings

T = TypeVar("T")

_LISTS = {
    "organisation": "organisation list",
    "partner": "partner list",
    "client": "client list",
    "user": "user list",
    "service account": "service-account list ORGANISATION",
    "service instance": "service instance list",
    "outlet": "outlet list ORGANISATION",
    "client secret": "client show CLIENT",
    "account password": "service-account show ORGANISATION ACCOUNT",
    "instance credential": "service instance show INSTANCE",
}


class Problem(Exception):
    """A command that cannot be done as asked; the text is one sentence with the cure."""


class Commands(TyperGroup):
    """The outermost group: whatever a command refuses ends as a sentence on stderr and exit code 1, never a stack trace."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments as Click reads them, once each is text that can be stored and printed."""
        for position, argument in enumerate(args, 1):
            try:
                argument.encode()
            except UnicodeEncodeError:
                ctx.fail(f"argument {position} is not valid UTF-8")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            sentence = _sentence(error)
            if sentence is None:
                raise
        # soft_wrap: a path or an ID must stay in one piece to be copied.
        Console(stderr=True, highlight=False).print(f"error: {sentence}", markup=False, soft_wrap=True)
        raise typer.Exit(1)


def _sentence(error: Exception) -> str | None:
    """The error in a sentence, or None for a fault of the program."""
    if isinstance(error, Refused | SettingsError | MasterKeyError | WrongSchema | Problem):
        listed = _LISTS.get(error.kind) if isinstance(error, NotFound) else None
        return f"{error} `powerepos-admin {listed}` shows what there is." if listed else str(error)
    if isinstance(error, UniqueViolation):
        return "somebody else did the same at this moment: look at what is there now, then try again."
    away = _unusable(error)
    return f"{away}. `powerepos-admin doctor` says more." if away else None


def _unusable(error: Exception) -> str | None:
    """What database or file cannot be used."""
    if isinstance(error, DatabaseUnavailable):
        return f"the database cannot be used: {error}"
    if isinstance(error, sa_exc.DatabaseError) and type(error.orig) is sqlite3.DatabaseError:
        # The class itself, none of its heirs: SQLite found a file that is damaged or no database at all.
        return f"the SQLite file is damaged or no database: {error.orig}"
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return None


class Desk:
    """What a command works with: the databases it asked for, the time, and who is acting."""

    def __init__(self, settings: Settings, databases: dict[History, Database], clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.actor = Actor("operator", login_name())
        self._databases = databases

    def database(self, which: History) -> Database:
        """One of the databases that the command asked for."""
        return self._databases[which]

    async def do(self, deed: Callable[..., Awaitable[T]], *arguments: Any, **named: Any) -> T:
        """Do a deed of the directory (session, time and actor first) in a unit of its own."""
        return await self._do("directory", deed, *arguments, **named)

    async def do_at_instance(self, deed: Callable[..., Awaitable[T]], *arguments: Any, **named: Any) -> T:
        """The same in the Partner Services database."""
        return await self._do("partnerservices", deed, *arguments, **named)

    async def _do(self, which: History, deed: Callable[..., Awaitable[T]], *arguments: Any, **named: Any) -> T:
        now = self.clock.now_ms()

        async def unit(session: Session) -> T:
            return await deed(session, now, self.actor, *arguments, **named)

        return await self._databases[which].write(unit)

    async def ask(self, question: Callable[..., Awaitable[T]], *arguments: Any, **named: Any) -> T:
        """Read from the directory by a store function."""

        async def unit(session: Session) -> T:
            return await question(session, *arguments, **named)

        return await self._databases["directory"].read(unit)

    async def organisation(self, code: str) -> Organisation:
        """The organisation of this code. Raises `NotFound`."""
        return await self.ask(organisation_by_code, code)

    async def seal(self) -> Seal:
        """What keys at rest are sealed with. Raises `MasterKeyError`."""
        path = self.settings.master_key_path
        sealed = await self.ask(keyring_store.all_keys)
        if sealed and not self.settings.master_key and not path.exists():
            # A new master key would open none of the keys that are there, and hide that the right one is missing.
            raise MasterKeyError(
                f"the master key is missing: restore {path}, or set POWEREPOS_MASTER_KEY to the key that was used before"
            )
        return Seal(load_master_key(self.settings.master_key or None, path))

    async def keys(self, also_sign_with: Collection[str] = ()) -> Keys:
        """The keys that new secrets are hashed with; what is missing of any kind is made. Raises `MasterKeyError`."""
        seal = await self.seal()
        algs = await self.ask(services.algorithms_in_use) | set(also_sign_with)
        now = self.clock.now_ms()
        await self.database("directory").write(lambda session: keyring_store.ensure(session, seal, now, algs))
        ring = KeyRing(self.database("directory"), seal, self.clock)
        await ring.load()
        return ring.keys


def run(deed: Callable[[Desk], Awaitable[T]], needs: Sequence[History] = ("directory",), settings: Settings | None = None) -> T:
    """Do what a command does, with the databases that it needs. Raises what `Commands` turns into a sentence."""
    settings = settings or load_settings()
    for which in needs:
        require_migrated(settings, which)

    async def work() -> T:
        databases = {which: open_database(which, settings.database_url(which)) for which in needs}
        try:
            return await deed(Desk(settings, databases, SystemClock()))
        finally:
            for database in databases.values():
                await database.close()

    return asyncio.run(work())


def require_migrated(settings: Settings, which: History) -> None:
    """Raises `Problem` unless the database is there and as this program wants it."""
    url = settings.database_url(which)
    try:
        if is_current(url, which):
            return
        was = current_revision(url, which)
    except ValueError as error:
        raise Problem(f"{error}: set POWEREPOS_{which.upper()}_DATABASE_URL") from error
    state = "is older than this program" if was else "was not set up yet"
    raise Problem(f"the {which} database {state}: run `powerepos-admin db upgrade`")


def login_name() -> str:
    """The operator, as the machine knows them; behind sudo the person, not root."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number without a name
        return f"uid {os.getuid()}"


def confirm(question: str, *, yes: bool) -> None:
    """Ask before what cannot be undone, unless `--yes` was given. Raises `typer.Abort` on a no or without a terminal."""
    if not yes:
        typer.confirm(question, abort=True, err=True)
