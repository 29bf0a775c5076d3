"""`powerepos-admin demo`: everything on loopback with made-up data, ready in seconds. Also what `make run` starts."""

import asyncio
import contextlib
import os
import socket
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

import msgspec

from powerepos_cloud.foundation.clock import SystemClock
from powerepos_cloud.foundation.database import open_database
from powerepos_cloud.foundation.database.migrate import upgrade
from powerepos_cloud.foundation.sealing import Seal, load_master_key
from powerepos_cloud.keyring import store as keyring_store
from powerepos_cloud.keyring.ring import KeyRing
from powerepos_cloud.manage.console import Problem
from powerepos_cloud.manage.demo_seed import Demo, Secrets
from powerepos_cloud.manage.serve import is_loopback, serve
from powerepos_cloud.settings import Settings

_READY_WITHIN_SECONDS = 60


def demo_settings(settings: Settings) -> Settings:
    """The settings that the demo runs with. Raises `Problem` for any address that others could reach."""
    if not is_loopback(settings.host):
        raise Problem(f"the demo serves loopback only, not {settings.host}: leave POWEREPOS_HOST unset")
    if settings.public_url or settings.role != "all":
        raise Problem("the demo runs all roles on http://localhost: leave POWEREPOS_PUBLIC_URL and POWEREPOS_ROLE unset")
    issuer = f"http://localhost:{settings.port}"
    return msgspec.structs.replace(
        settings, issuer=issuer, service_uri=f"{issuer}/", ros_uri=f"{issuer}/ros/", demo=True, workers=1
    )


def run_demo(settings: Settings) -> None:
    """Migrate, seed, write the demo's files, serve. Raises `Problem`."""
    settings = demo_settings(settings)
    data = Path(settings.data)
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    _require_free_port(settings.port)
    upgrade(settings.database_url("directory"), "directory")
    upgrade(settings.database_url("partnerservices"), "partnerservices")
    secrets = asyncio.run(_seed(settings, _read_secrets(data / "demo.json")))
    form = urllib.parse.urlencode(
        {
            "grant_type": "password",
            "client_id": secrets.client_id,
            "client_secret": secrets.client_secret,
            "org_id": secrets.org_id,
            "username": secrets.username,
            "password": secrets.password,
            "scope": "partnerservices offline_access",
        }
    )
    _write_private(data / "token-request.form", form)
    _write_private(data / "demo.json", msgspec.json.format(msgspec.json.encode(secrets), indent=2).decode() + "\n")
    threading.Thread(target=_tell_when_ready, args=(settings, secrets), daemon=True).start()
    serve(settings)


async def _seed(settings: Settings, known: Secrets | None) -> Secrets:
    clock = SystemClock()
    seal = Seal(load_master_key(settings.master_key, settings.master_key_path))
    directory = open_database("directory", settings.database_url("directory"))
    partnerservices = open_database("partnerservices", settings.database_url("partnerservices"))
    try:
        await directory.write(lambda session: keyring_store.ensure(session, seal, clock.now_ms(), {"ES256"}))
        ring = KeyRing(directory, seal, clock)
        await ring.load()
        return await Demo(directory, partnerservices, ring, seal, clock).seed(settings.issuer, known)
    finally:
        await directory.close()
        await partnerservices.close()


def _read_secrets(path: Path) -> Secrets | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Secrets)
    except (OSError, msgspec.MsgspecError):
        return None


def _write_private(path: Path, text: str) -> None:
    """Replace a file at once, readable by its owner only."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _require_free_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Problem(f"port {port} is taken: choose another, such as `make run PORT={port + 1}`") from error


def _tell_when_ready(settings: Settings, secrets: Secrets) -> None:
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{settings.issuer}/readyz", timeout=2):  # noqa: S310
            print(_welcome(settings, secrets), flush=True)
            return
        time.sleep(0.1)
    print(f"the demo was not ready within {_READY_WITHIN_SECONDS} s: see the messages above", flush=True)


def _welcome(settings: Settings, secrets: Secrets) -> str:
    folder, issuer = Path(settings.data).resolve(), settings.issuer
    data = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    return f"""
PowerEPOS demo, on this machine only. Made-up data; every secret is random and lies in {data}/demo.json.

  Look        {issuer}/
  Docs        {issuer}/docs
  Mail sent   {issuer}/outbox
  Sign in     {issuer}/sign-in as {secrets.webui_email} (merchant), {secrets.partner_email} (partner) or
              {secrets.support_email} (support); passwords and support's second factor are in {data}/demo.json

Be the partner {secrets.client_id}: ask for a token for organisation {secrets.org_id} (paste this)

  curl -s {secrets.token_url} --data @{data}/token-request.form

and call the service that `svc` names with it:

  TOKEN=$(curl -s {secrets.token_url} --data @{data}/token-request.form | python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')
  curl -s {issuer}/api/v1/connection -H "Authorization: Bearer $TOKEN"

Stop with Ctrl-C.
"""  # noqa: E501 - lines to be pasted
