"""What `doctor` looks at, one function per subject. Each finding says what was seen and, if it is wrong, the cure."""

import os
import stat
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from powerepos.contract import AuthServerScopes

from powerepos_cloud.directory import census, facts, services
from powerepos_cloud.directory.services import Instance
from powerepos_cloud.foundation.database.migrate import History, current_revision, newest_revision
from powerepos_cloud.foundation.database.urls import parse_url
from powerepos_cloud.foundation.sealing import MasterKeyError, Seal, load_master_key
from powerepos_cloud.foundation.secrets import SecretKind, is_well_formed
from powerepos_cloud.foundation.smtp import parse_smtp_url
from powerepos_cloud.http.source import Sources
from powerepos_cloud.keyring import store as keyring_store
from powerepos_cloud.manage.console import Desk
from powerepos_cloud.manage.serve import is_loopback
from powerepos_cloud.settings import Settings


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at: `state` is ok, warning or fault; only a fault keeps the system from being right."""

    check: str
    state: str
    seen: str
    cure: str = ""


def ok(check: str, seen: str) -> Finding:
    """It is as it should be."""
    return Finding(check, "ok", seen)


def warning(check: str, seen: str, cure: str) -> Finding:
    """It works, but somebody should know."""
    return Finding(check, "warning", seen, cure)


def fault(check: str, seen: str, cure: str) -> Finding:
    """It cannot work, or is not safe."""
    return Finding(check, "fault", seen, cure)


def of_settings(settings: Settings) -> Iterator[Finding]:
    """What can be told from the settings alone."""
    issuer = urlsplit(settings.issuer)
    host = issuer.hostname or ""
    if issuer.scheme == "https" or (issuer.scheme == "http" and is_loopback(host)):
        yield ok("issuer", settings.issuer)
    else:
        yield fault("issuer", settings.issuer, "tokens must not travel in the clear: set POWEREPOS_ISSUER to an https:// address")
    if not is_loopback(settings.host) and issuer.scheme != "https":
        yield warning(
            "host", f"listens on {settings.host}", "put a proxy with TLS before it, and name its address in POWEREPOS_ISSUER"
        )
    if settings.workers > 1 and settings.database_url("directory").startswith("sqlite"):
        yield warning("workers", f"{settings.workers} on SQLite", "use one, or PostgreSQL")
    try:
        Sources(settings.trusted_proxies)
    except ValueError as error:
        yield fault("trusted_proxies", str(error), "set POWEREPOS_TRUSTED_PROXIES to networks such as 10.0.0.0/8")


def of_instance_settings(settings: Settings) -> Iterator[Finding]:
    """What a host with Partner Services alone needs to know of itself."""
    if settings.role != "partnerservices":
        return
    cure = "`powerepos-admin service instance create` on the AuthServer's host gives it"
    for name in ("service_uri", "instance_id", "instance_credential"):
        if not getattr(settings, name):
            yield fault(name, "not set", f"set POWEREPOS_{name.upper()}: {cure}")
    if settings.instance_credential and not is_well_formed(SecretKind.INSTANCE_CREDENTIAL, settings.instance_credential):
        yield fault("instance_credential", "is no pepos_si_… credential, or was cut short", f"copy it again: {cure}")


def of_data_folder(settings: Settings) -> Iterator[Finding]:
    """The folder of databases and master key: its owner's alone."""
    folder = Path(settings.data)
    if folder.exists() and not folder.is_dir():
        yield fault("data", f"{folder} is a file", "set POWEREPOS_DATA to a folder")
        return
    if not folder.exists():
        yield warning("data", f"{folder} is not there", "`powerepos-admin db upgrade` makes it")
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield fault("data", f"{folder} cannot be written to", f"run `chown $(id -un) {folder}` as root")
    elif stat.S_IMODE(folder.stat().st_mode) & 0o022:
        yield fault("data", f"others may write to {folder}", f"run `chmod go-w {folder}`")
    else:
        yield ok("data", str(folder))


def of_database(settings: Settings, which: History) -> Iterator[Finding]:
    """Whether a database is there, reachable, private and as this program wants it."""
    name, setting = f"{which} database", f"POWEREPOS_{which.upper()}_DATABASE_URL"
    url = settings.database_url(which)
    try:
        target = parse_url(which, url)
    except ValueError as error:
        yield fault(name, str(error), f"set {setting}")
        return
    if isinstance(target, Path) and target.exists():
        yield from _private(f"{which} file", target)
    try:
        revision = current_revision(url, which)
    except Exception as error:
        yield fault(name, str(error), f"see that it runs and that {setting} is right")
        return
    newest = newest_revision(which)
    if revision == newest:
        yield ok(name, f"{'SQLite' if isinstance(target, Path) else 'PostgreSQL'} at {revision}")
    else:
        seen = f"at {revision}, wanted {newest}" if revision else "not set up yet"
        yield fault(name, seen, "run `powerepos-admin db upgrade`")


def _private(name: str, path: Path) -> Iterator[Finding]:
    for file in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
            yield fault(name, f"{file} can be read by others", f"run `chmod 600 {file}`")


async def of_keys(desk: Desk) -> AsyncIterator[Finding]:
    """The master key, and that there is a key for each purpose."""
    settings, now = desk.settings, desk.clock.now_ms()
    where = "POWEREPOS_MASTER_KEY" if settings.master_key else str(settings.master_key_path)
    rows = await keyring_store.live(desk.database("directory").reader, now)
    if not settings.master_key and not settings.master_key_path.exists():
        if rows:
            yield fault("master key", f"{where} is missing", "restore it: the keys in the database cannot be opened without")
        else:
            yield warning("master key", "there is none yet", "`powerepos-admin db upgrade` makes it")
        return
    try:
        seal = Seal(load_master_key(settings.master_key or None, settings.master_key_path))
        for row in rows:
            seal.open(row.sealed)
    except MasterKeyError as error:
        yield fault("master key", where, str(error))
        return
    yield ok("master key", f"{where} opens all {len(rows)} keys")
    in_use = keyring_store.usable(rows, now)
    wanted = {("hash", "HS256"), ("refresh", "HS256")} | {("sign", alg) for alg in await desk.ask(services.algorithms_in_use)}
    for kind, alg in sorted(wanted - in_use):
        cure = "run `powerepos-admin key rotate --now" + (f" --alg {alg}`" if kind == "sign" else f" --kind {kind}`")
        yield fault("keys", f"no {kind} key for {alg}", cure)


async def of_services(desk: Desk) -> AsyncIterator[Finding]:
    """Services, the addresses of their instances, and who is on none."""
    if not await desk.ask(services.listing):
        yield fault("services", "none", "run `powerepos-admin db upgrade`")
        return
    instances = await desk.ask(services.instances_listing)
    if not instances:
        yield warning("instances", "none: no organisation can get a token", "run `powerepos-admin service instance create`")
    is_public = not is_loopback(urlsplit(desk.settings.issuer).hostname or "")
    for instance in instances:
        yield _instance(instance, is_public=is_public)
    for finding in _databases_of_instances(desk.settings, instances):
        yield finding
    own = desk.settings.service_uri
    if own and own not in {instance.uri for instance in instances}:
        yield fault(
            "service_uri",
            f"{own} is the address of no instance",
            "set POWEREPOS_SERVICE_URI to one that `powerepos-admin service instance list` shows",
        )
    alone = await desk.ask(census.organisations_without, AuthServerScopes.PARTNER_SERVICE)
    if alone:
        shown = ", ".join(alone[:5]) + (f" and {len(alone) - 5} more" if len(alone) > 5 else "")
        yield warning("assignments", f"without Partner Services: {shown}", "run `powerepos-admin service assign`")


def _databases_of_instances(settings: Settings, instances: Sequence[Instance]) -> Iterator[Finding]:
    """Whether the WebUI finds what the organisations of each instance trade."""
    known = {instance.uri for instance in instances if instance.service == AuthServerScopes.PARTNER_SERVICE}
    given = settings.databases_by_instance()
    if not given or settings.role not in ("all", "webui"):
        return
    for uri in sorted(known - set(given)):
        yield fault("instance_databases", f"says no database for {uri}", "add it to POWEREPOS_INSTANCE_DATABASES")
    for uri in sorted(set(given) - known):
        yield warning(
            "instance_databases",
            f"{uri} is the address of no instance of Partner Services",
            "correct POWEREPOS_INSTANCE_DATABASES: `powerepos-admin service instance list` shows them",
        )


def _instance(instance: Instance, *, is_public: bool) -> Finding:
    name = f"instance {instance.id}"
    if is_public and is_loopback(urlsplit(instance.uri).hostname or ""):
        cure = f"run `powerepos-admin service instance set-uri {instance.id} https://…/`"
        return fault(name, f"{instance.uri} is this machine, partners are elsewhere", cure)
    return ok(name, f"{instance.service} at {instance.uri}")


async def of_safety(desk: Desk) -> AsyncIterator[Finding]:
    """What must not be served to others, and what nobody hears of."""
    if await desk.ask(facts.is_demo) and not is_loopback(desk.settings.host):
        yield fault(
            "demo data",
            f"this directory was filled by the demo and is to be served on {desk.settings.host}",
            "use another POWEREPOS_DATA folder: the demo's secrets lie about in a file",
        )


async def of_mail(desk: Desk) -> AsyncIterator[Finding]:
    """Whether mail leaves, and what did not."""
    settings, waiting = desk.settings, await desk.ask(census.waiting_mails)
    cure = "set POWEREPOS_SMTP_URL and POWEREPOS_MAIL_FROM"
    lost = await desk.ask(census.lost_mails, desk.clock.now_ms() - 7 * 86_400_000)
    if lost:
        yield warning("mail", f"{lost} not taken by the mail server in a week", "look for mail.not_taken in the log")
    if settings.smtp_url:
        try:
            server = parse_smtp_url(settings.smtp_url)
        except ValueError as error:
            yield fault("mail", str(error), "correct POWEREPOS_SMTP_URL")
        else:
            yield ok("mail", f"leaves by {server.host}:{server.port}, {waiting} waiting")
    elif waiting:
        yield warning(
            "mail", f"{waiting} waiting, and nothing is set up that sends them", "set POWEREPOS_SMTP_URL and _MAIL_FROM"
        )
    elif settings.role in ("all", "webui"):
        yield warning("mail", "nothing is set up that sends mail", cure)
