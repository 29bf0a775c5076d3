"""Partner Services and the remote order server behind one application, wired as the product wires them."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
from litestar import Litestar, Request, Response

from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.foundation.database import Database
from powerepos_cloud.http.hallway import Hallway
from powerepos_cloud.http.source import Sources
from powerepos_cloud.observability.logs import build_log
from powerepos_cloud.observability.metrics import Metrics
from powerepos_cloud.partnerservices import router as partnerservices
from powerepos_cloud.partnerservices.requestlog.log import RequestLog
from powerepos_cloud.remoteorders import router as remoteorders
from powerepos_cloud.resourceserver.access import Access
from powerepos_cloud.resourceserver.errors import Door
from powerepos_cloud.resourceserver.feed import FeedSource, InProcessFeed
from powerepos_cloud.resourceserver.follower import Follower
from powerepos_cloud.resourceserver.jwks import InProcessKeySource, KeyCache, KeySource
from powerepos_cloud.resourceserver.metadata import build_metadata, metadata_url
from tests.resourceserver.authserver import ISSUER, ROS_URI, URI, Feed, Gone, Keys


class Services:
    """Two instances, each with its own `Access` and `Door`, over the same keys and the same revocations."""

    def __init__(
        self,
        *,
        key_source: KeySource,
        feed_source: FeedSource,
        database: Database,
        clock: Clock,
        issuer: str = ISSUER,
        uri: str = URI,
        ros_uri: str = ROS_URI,
        extra: tuple[Any, ...] = (),
    ) -> None:
        self.written = io.StringIO()
        log = build_log("info", self.written)
        self.uri, self.ros_uri = uri, ros_uri
        self.revocations = Follower(feed_source, clock=clock, log=log)
        self.keys = KeyCache(key_source, clock=clock, log=log)

        def access(own_uri: str, service: str) -> Access:
            return Access(uri=own_uri, service=service, issuer=issuer, keys=self.keys, revocations=self.revocations, clock=clock)

        self.door = Door(service="partnerservices", metadata_url=metadata_url(uri), log=log)
        ros_door = Door(service="ros", metadata_url=metadata_url(ros_uri), log=log)

        def answer_by_path(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
            is_ros = request.scope["path"].startswith(urlsplit(ros_uri).path)
            return (ros_door if is_ros else self.door).answer(request, error)

        self.access = access(uri, "partnerservices")
        self.request_log = RequestLog(database, clock, log)
        app = Litestar(
            [
                build_metadata(uri=uri, service="partnerservices", issuer=issuer, name="PowerEPOS Partner Services"),
                build_metadata(uri=ros_uri, service="ros", issuer=issuer, name="PowerEPOS Remote Order Server"),
                partnerservices.build_router(
                    access=self.access,
                    database=database,
                    clock=clock,
                    request_log=self.request_log,
                    door=self.door,
                    prefix=urlsplit(uri).path + "api/v1",
                ),
                remoteorders.build_router(
                    access=access(ros_uri, "ros"), clock=clock, door=ros_door, prefix=urlsplit(ros_uri).path.rstrip("/")
                ),
                *extra,
            ],
            openapi_config=None,
            logging_config=None,
            exception_handlers={Exception: answer_by_path},
        )
        self.app = Hallway(app, sources=Sources(""), metrics=Metrics(), log=log, body_timeout_seconds=5)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[httpx.AsyncClient]:
        """Keys and revocations are followed, and read once; gives a client that calls the application directly."""
        self.keys.start()
        self.revocations.start()
        try:
            assert await self.revocations.first_read(5)
            while not self.have_keys():
                await asyncio.sleep(0.01)
            async with self.client() as http:
                yield http
        finally:
            await self.revocations.stop()
            await self.keys.stop()

    def have_keys(self) -> bool:
        """Whether keys have been fetched."""
        return self.keys._keys is not None

    def client(self) -> httpx.AsyncClient:
        """Calls the application without a server between; a failure that no handler caught is raised here."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=self.uri)


def in_process(keys: Keys, feed: Feed, database: Database, clock: Clock, **options: Any) -> Services:
    """The services beside their AuthServer, as in role `all`."""

    async def read_keys() -> dict[str, Any]:
        return keys.jwks()

    return Services(
        key_source=InProcessKeySource(read_keys),
        feed_source=InProcessFeed(feed.read, gone=Gone),
        database=database,
        clock=clock,
        **options,
    )
