"""The front door: builds the rooms from the settings and wires them into one application. The only file that knows all."""

import gc
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ControllerRouterHandler
from powerepos.contract import AuthServerScopes
from sqlalchemy import literal, select

from powerepos_cloud.authserver import api as authserver_api
from powerepos_cloud.authserver.assembly import build_authserver
from powerepos_cloud.authserver.errors import InvalidRequest
from powerepos_cloud.authserver.feed import Feed, FeedGone
from powerepos_cloud.directory import census, mails, services
from powerepos_cloud.directory.passwords import PasswordPool
from powerepos_cloud.directory.postman import Postman
from powerepos_cloud.foundation.clock import Clock, SystemClock
from powerepos_cloud.foundation.database import Database, DatabaseUnavailable, open_database
from powerepos_cloud.foundation.sealing import Seal, load_master_key
from powerepos_cloud.foundation.smtp import parse_smtp_url
from powerepos_cloud.http import ops
from powerepos_cloud.http.hallway import Hallway
from powerepos_cloud.http.source import Sources
from powerepos_cloud.keyring.ring import KeyRing
from powerepos_cloud.observability.logs import Log, build_log
from powerepos_cloud.observability.metrics import Metrics
from powerepos_cloud.partnerservices import router as partnerservices_router
from powerepos_cloud.partnerservices.emptying import Emptying
from powerepos_cloud.partnerservices.requestlog.log import RequestLog
from powerepos_cloud.remoteorders import router as remoteorders_router
from powerepos_cloud.resourceserver.access import Access
from powerepos_cloud.resourceserver.errors import Door
from powerepos_cloud.resourceserver.feed import HttpFeed, InProcessFeed
from powerepos_cloud.resourceserver.follower import Follower
from powerepos_cloud.resourceserver.jwks import HttpKeySource, InProcessKeySource, KeyCache
from powerepos_cloud.resourceserver.metadata import build_metadata, metadata_url
from powerepos_cloud.settings import Settings, SettingsError, load_settings
from powerepos_cloud.webui.assembly import WebUI, build_webui
from powerepos_cloud.webui.backroom import Backroom
from powerepos_cloud.webui.model import Mail, RefreshRules, ServiceLifetime

_OUTBOX_SHOWS = 200

_SLASHES = re.compile("/+")

DoorHandler = Callable[[Request[Any, Any, Any], Exception], Response[Any]]


def create_app(settings: Settings, *, clock: Clock | None = None, log: Log | None = None) -> Hallway:
    """The ASGI application of the role that the settings name."""
    return _Builder(settings, clock or SystemClock(), log or build_log(settings.log_level)).build()


def from_environment() -> Hallway:
    """What a worker process serves: the settings come from its environment."""
    return create_app(load_settings())


class _Builder:
    """Gathers handlers, doors, checks and life cycles, role by role."""

    def __init__(self, settings: Settings, clock: Clock, log: Log) -> None:
        self.settings = settings
        self.clock = clock
        self.log = log
        self.metrics = Metrics()
        self.handlers: list[ControllerRouterHandler] = []
        self.doors: list[tuple[str, DoorHandler]] = []
        self.checks: dict[str, Callable[[], Awaitable[str | None]]] = {}
        self.notes: dict[str, Callable[[], Awaitable[str | None]]] = {}
        self.starts: list[Callable[[], Awaitable[None]]] = []
        self.stops: list[Callable[[], Awaitable[None]]] = []
        self.feed: Feed | None = None
        self.ring: KeyRing | None = None
        self.webui: WebUI | None = None
        self.opened: dict[str, Database] = {}

    def build(self) -> Hallway:
        role = self.settings.role
        if role in ("all", "authserver"):
            self._add_authserver()
        if role in ("all", "partnerservices"):
            self._add_services()
        if role in ("all", "webui"):
            self._add_webui()
        self.handlers.append(ops.build_router(self._readiness, self._notes, self.metrics, self.settings.metrics_token))
        app = Litestar(
            self.handlers,
            openapi_config=None,  # its default pages pull scripts from elsewhere
            exception_handlers={Exception: self._answer_by_path},
            lifespan=[self._lifespan],
            logging_config=None,
            request_max_body_size=1024 * 1024,
        )
        return Hallway(
            app,
            refuse=self._refuse,
            sources=Sources(self.settings.trusted_proxies),
            metrics=self.metrics,
            log=self.log,
            body_timeout_seconds=self.settings.body_timeout,
        )

    @property
    def _docs_url(self) -> str:
        return self.settings.public_url or self.settings.issuer

    def _open(self, which: str) -> Database:
        """The `directory` or `partnerservices` database; rooms that share one share its writer."""
        return self._open_url(which, self.settings.database_url(which), which)

    def _open_url(self, which: str, url: str, check: str) -> Database:
        if url not in self.opened:
            database = self.opened[url] = open_database(which, url)
            self.checks[check] = lambda: _check_database(database)
            self.stops.append(database.close)
        return self.opened[url]

    def _add_authserver(self) -> None:
        settings = self.settings
        seal = Seal(load_master_key(settings.master_key, settings.master_key_path))
        server, housekeeping = build_authserver(
            settings.issuer,
            self._docs_url,
            database=self._open("directory"),
            seal=seal,
            clock=self.clock,
            metrics=self.metrics,
            log=self.log,
            repeat_window_ms=settings.refresh_repeat_window * 1000,
            late_repeats=settings.refresh_late_repeats,
            families_most=settings.families_per_connection,
            rotation_ms=settings.key_rotation_days * 86_400_000,
        )
        self.feed, self.ring = server.feed, server.ring
        self.handlers.append(authserver_api.build_router(server, self.log))
        self.starts.append(housekeeping.start)
        self.stops.append(housekeeping.stop)

        def door(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
            if not isinstance(error, HTTPException):
                self.log.error("authserver.failed", exc_info=error)
            return authserver_api.refusal_answer(request, _as_oauth(error), server.docs_url, self.log)

        self.doors += [("/authorisation", door), ("/.well-known/oauth-authorization-server", door)]

    def _add_services(self) -> None:
        """Partner Services, and where its URI is set the remote order server; both behind the same keys and revocations."""
        settings = self.settings
        if self.feed is not None and self.ring is not None:
            feed_source: Any = InProcessFeed(self.feed.read, gone=FeedGone)
            key_source: Any = InProcessKeySource(self.ring.published)
        else:
            if not (settings.service_uri and settings.instance_id and settings.instance_credential):
                raise SettingsError(
                    "the role partnerservices needs POWEREPOS_SERVICE_URI, POWEREPOS_INSTANCE_ID and "
                    "POWEREPOS_INSTANCE_CREDENTIAL: `powerepos-admin service instance create` gives them"
                )
            http = httpx.AsyncClient()
            self.stops.append(http.aclose)
            feed_source = HttpFeed(
                http, issuer=settings.issuer, instance_id=settings.instance_id, credential=settings.instance_credential
            )
            key_source = HttpKeySource(http, issuer=settings.issuer)
        revocations = Follower(feed_source, clock=self.clock, log=self.log, stale_seconds=settings.revocations_stale)
        keys = KeyCache(key_source, clock=self.clock, log=self.log)

        async def start() -> None:
            keys.start()
            revocations.start()

        async def check() -> str | None:
            return revocations.fault

        async def check_keys() -> str | None:
            return None if keys.is_ready else "never fetched"

        self.starts.append(start)
        self.stops += [revocations.stop, keys.stop]
        self.checks["revocations"] = check
        self.checks["keys"] = check_keys
        self._add_partnerservices(settings.service_uri or f"{settings.issuer}/", keys, revocations)
        if settings.ros_uri:
            self._add_remoteorders(settings.ros_uri, keys, revocations)

    def _add_partnerservices(self, uri: str, keys: KeyCache, revocations: Follower) -> None:
        service = AuthServerScopes.PARTNER_SERVICE
        access = self._access(uri, service, keys, revocations)
        door = Door(service=service, metadata_url=metadata_url(uri), log=self.log, docs_url=self._docs_url)
        prefix = urlsplit(uri).path + "api/v1"
        database = self._open("partnerservices")
        request_log = RequestLog(database, self.clock, self.log)
        self.starts.append(request_log.start)
        self.stops.append(request_log.stop)
        emptying = Emptying(database, self.log)
        self.starts.append(emptying.start)
        self.stops.append(emptying.stop)
        self.handlers += [
            build_metadata(uri=uri, service=service, issuer=self.settings.issuer, name="PowerEPOS Partner Services"),
            partnerservices_router.build_router(
                access=access,
                database=database,
                clock=self.clock,
                request_log=request_log,
                door=door,
                prefix=prefix,
                docs_url=self._docs_url,
            ),
        ]
        self.doors.append((urlsplit(uri).path + "api", door.answer))

    def _add_remoteorders(self, uri: str, keys: KeyCache, revocations: Follower) -> None:
        service = AuthServerScopes.REMOTE_ORDER_SERVER
        access = self._access(uri, service, keys, revocations)
        door = Door(service=service, metadata_url=metadata_url(uri), log=self.log, docs_url=self._docs_url)
        prefix = urlsplit(uri).path.rstrip("/")
        self.handlers += [
            build_metadata(uri=uri, service=service, issuer=self.settings.issuer, name="PowerEPOS Remote Order Server"),
            remoteorders_router.build_router(access=access, clock=self.clock, door=door, prefix=prefix),
        ]
        self.doors.append((prefix, door.answer))

    def _add_webui(self) -> None:
        settings, directory = self.settings, self._open("directory")
        seal = Seal(load_master_key(settings.master_key, settings.master_key_path))
        backroom = Backroom(
            directory=directory,
            instances=self._instances(),
            ring=self.ring or KeyRing(directory, seal, self.clock),
            seal=seal,
            clock=self.clock,
            passwords=PasswordPool(),
            log=self.log,
        )

        async def lifetimes() -> list[ServiceLifetime]:
            found = await services.listing(directory.reader)
            return msgspec.convert(found, list[ServiceLifetime], from_attributes=True)

        async def outbox() -> list[Mail]:
            found = await mails.newest(directory.reader, _OUTBOX_SHOWS)
            return msgspec.convert(found, list[Mail], from_attributes=True)

        self.webui = build_webui(
            issuer=settings.issuer,
            public_url=self._docs_url,
            lifetimes=lifetimes,
            refresh=RefreshRules(settings.refresh_repeat_window, settings.refresh_late_repeats, settings.families_per_connection),
            outbox=outbox if settings.demo else None,
            is_demo=settings.demo,
            backroom=backroom,
            reads_keys=self.ring is None,
            host_names=frozenset(name.strip().lower() for name in settings.host_names.split(",") if name.strip()),
        )
        self.handlers.append(self.webui.router)
        if self.webui.upkeep is not None:
            self.starts.append(self.webui.upkeep.start)
            self.stops.append(self.webui.upkeep.stop)

        self._add_mail(directory)

    def _add_mail(self, directory: Database) -> None:
        """Who serves pages sends the mail that they, and everybody else, have queued."""
        settings = self.settings
        if not settings.smtp_url:

            async def note() -> str | None:
                waiting = await census.waiting_mails(directory.reader)
                return f"{waiting} waiting: POWEREPOS_SMTP_URL is not set" if waiting and not settings.demo else None

            self.notes["mail"] = note
            return
        try:
            server = parse_smtp_url(settings.smtp_url)
        except ValueError as error:
            raise SettingsError(f"POWEREPOS_SMTP_URL: {error}") from None
        postman = Postman(directory, server, settings.mail_from, self.clock, self.log)
        self.starts.append(postman.start)
        self.stops.append(postman.stop)

    def _instances(self) -> Callable[[str], Database | None]:
        """Instance URI → the database in which its organisations' records lie, as far as it is set for this process."""
        settings, given = self.settings, self.settings.databases_by_instance()
        if given:
            urls = enumerate(sorted(set(given.values())), 1)
            opened = {url: self._open_url("partnerservices", url, f"instance {n}") for n, url in urls}
            return lambda uri: opened[given[uri]] if uri in given else None
        if settings.role == "all" or settings.partnerservices_database_url:
            own = self._open_url("partnerservices", settings.database_url("partnerservices"), "instance 1")
            return lambda _: own
        return lambda _: None

    def _access(self, uri: str, service: str, keys: KeyCache, revocations: Follower) -> Access:
        return Access(uri=uri, service=service, issuer=self.settings.issuer, keys=keys, revocations=revocations, clock=self.clock)

    async def _refuse(self, scope: Any, receive: Any, send: Any, error: HTTPException) -> None:
        """Answer a request that the hallway keeps from the rooms."""
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        answer = self._answer_by_path(request, error).to_asgi_response(None, request)
        await answer(scope, receive, send)

    def _answer_by_path(self, request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        """404 and 405 are raised before a router is chosen, so the door is picked by path."""
        path = _SLASHES.sub("/", request.scope["path"])
        for prefix, door in self.doors:
            if path == prefix or path.startswith(prefix + "/"):
                return door(request, error)
        status, headers = _plain_failure(error)
        if status == 500:
            self.log.error("http.failed", exc_info=error)
        if self.webui is not None:
            return self.webui.page_error(request, status, headers)
        return Response(f"{status}\n", status_code=status, headers=headers, media_type="text/plain")

    async def _readiness(self) -> dict[str, str | None]:
        return {name: await check() for name, check in self.checks.items()}

    async def _notes(self) -> dict[str, str]:
        found = {name: await note() for name, note in self.notes.items()}
        return {name: text for name, text in found.items() if text is not None}

    @asynccontextmanager
    async def _lifespan(self, _app: Litestar) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for stop in self.stops:
                stack.push_async_callback(stop)
            for start in self.starts:
                await start()
            # What lives until the end is never garbage: without this the collector costs p99 30 ms under load.
            gc.collect()
            gc.freeze()
            yield


def _plain_failure(error: Exception) -> tuple[int, dict[str, str] | None]:
    """Status and headers of a failure behind no door."""
    if isinstance(error, HTTPException):
        return error.status_code, dict(error.headers or {})
    return (503, {"Retry-After": "2"}) if isinstance(error, DatabaseUnavailable) else (500, None)


async def _check_database(database: Database) -> str | None:
    try:
        await database.reader.all(select(literal(1)))
    except DatabaseUnavailable:
        return "unavailable"
    return None


def _as_oauth(error: Exception) -> Any:
    """A fault of the framework's or the hallway's in OAuth's words; anything else by the AuthServer's own rule."""
    if not isinstance(error, HTTPException) or error.status_code >= 500:
        return authserver_api.as_oauth(error)
    texts = {
        400: "Send one Host header, and the body's length in one way: by Content-Length or by Transfer-Encoding.",
        404: "There is no such endpoint.",
        405: "This endpoint does not take that method.",
        408: "The body did not arrive in time.",
        413: "The body is too large.",
    }
    refusal = InvalidRequest(texts.get(error.status_code, "The request cannot be read."), f"http_{error.status_code}")
    refusal.status = error.status_code
    refusal.allow = {name.lower(): value for name, value in (error.headers or {}).items()}.get("allow")
    return refusal
