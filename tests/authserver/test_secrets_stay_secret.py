"""Secrets and tokens appear in no log, no answer but their own, no audit row and no mail, whatever field they were put into."""

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
import pytest
from sqlalchemy import Text, select

from powerepos_cloud.foundation.database import crossing, open_database
from powerepos_cloud.foundation.database.schema import DIRECTORY, PARTNERSERVICES
from powerepos_cloud.foundation.secrets import SecretKind, generate, masked
from tests.authserver.stage import HOUR, MINUTE, Stage

FIELDS = ("client_id", "client_secret", "org_id", "username", "password", "scope", "grant_type", "refresh_token",
          "client_assertion", "client_assertion_type", "token", "token_type_hint", "unknown")  # fmt: skip
TOKEN, REVOKE, INTROSPECT = "/authorisation/token", "/authorisation/revoke", "/authorisation/introspect"
FEED, API = "/authorisation/revocations", "/api/v1/connection"


class Everything:
    """Does what can be done, remembers every secret that was used or given, and every answer that was a refusal."""

    def __init__(self, stage: Stage) -> None:
        world = stage.world
        self.stage = stage
        self.refusals: list[str] = []
        self.secrets = {world.client.secret, world.other_client.secret, world.account.password, world.lakeside_account.password}
        self.secrets |= {credential for _, credential, _ in world.instances.values()}

    async def ask(self, method: str, url: str, **options: Any) -> dict[str, Any]:
        """Any request; the body of a success, nothing of a refusal."""
        answer = await self.stage.app.http.request(method, url, **options)
        if answer.status_code != 200:
            self.refusals.append(f"{answer.headers} {answer.text}")
            return {}
        if answer.headers.get("content-type") != "application/json":
            return {}
        body: dict[str, Any] = answer.json()
        self.secrets |= {body[name] for name in ("access_token", "refresh_token") if name in body}
        return body

    async def token(self, form: dict[str, str], **options: Any) -> dict[str, Any]:
        """A token request."""
        return await self.ask("POST", TOKEN, data=form, **options)

    async def what_goes_right(self) -> list[str]:
        """Every grant, rotation, repeat, call, introspection; tokens that still work."""
        client, account = self.stage.world.client, self.stage.world.account
        first = await self.token(client.form("password", **account.login()))
        second = await self.token(client.form("refresh_token", refresh_token=first["refresh_token"]))
        assert (await self.token(client.form("refresh_token", refresh_token=first["refresh_token"])))["refresh_token"]
        ros = await self.token(client.form("client_credentials", org_id="HARBOUR-1", scope="ros offline_access"))
        await self.ask("GET", API, headers={"authorization": f"Bearer {second['access_token']}"})
        assert (await self.stage.introspect(second["access_token"]))["active"]
        assert ros["refresh_token"]
        return [second["refresh_token"], second["access_token"]]

    async def what_is_misplaced(self, secret: str) -> None:
        """The secret in each wrong field, header, path and query of every endpoint."""
        world = self.stage.world
        good = world.client.form("password", **world.account.login())
        basic = base64.b64encode(f"{secret}:{secret}".encode()).decode()
        for url in (TOKEN, REVOKE, INTROSPECT):
            for field in FIELDS:
                if field != "token" or secret not in self.living:
                    await self.ask("POST", url, data={**good, field: secret[:256]})
                    await self.ask("POST", url, data={field: secret})
        for header in (f"Bearer {secret}", f"Basic {basic}", f"Basic {secret}", secret, f"{secret} x"):
            for method, url in (("POST", TOKEN), ("POST", REVOKE), ("POST", INTROSPECT), ("GET", FEED), ("GET", API)):
                await self.ask(method, url, headers={"authorization": header}, data={"token": "x"} if method == "POST" else None)
        for name in ("user-agent", "x-request-id", "x-forwarded-for", "referer", "cookie", "accept", "content-type", "x-client"):
            await self.token(good | {"password": "wrong"}, headers={name: secret})
        for path in (f"/authorisation/{secret}", f"/{secret}", f"{TOKEN}/{secret}", f"{API}/{secret}", f"/docs/errors/{secret}"):
            await self.ask("GET", path)
        for url in (TOKEN, REVOKE, FEED, API, "/readyz"):
            await self.ask("GET", f"{url}?after={secret}&client_secret={quote(secret)}&access_token={secret}")
        await self.ask("POST", TOKEN, content=f'{{"client_secret":"{secret}"}}', headers={"content-type": "application/json"})
        form = {"content-type": "application/x-www-form-urlencoded"}
        for content in (f"client_secret={secret}&client_secret={secret}", f"%zz={secret}", f"{secret}=%ff", f"a%00={secret}"):
            await self.ask("POST", TOKEN, content=content, headers=form)

    async def what_leaks_and_is_reused(self, token: str) -> None:
        """Shown by another client; used late from elsewhere, with secrets for agents; reused; revoked."""
        stage, world = self.stage, self.stage.world
        await stage.refresh(token, client=world.other_client, agent=token)
        third = await self.token(world.client.form("refresh_token", refresh_token=token), headers={"user-agent": token})
        stage.clock.advance_ms(2 * MINUTE)
        await stage.refresh(token, source="198.51.100.9", agent=f"till/1 {third['refresh_token']} {third['access_token']}")
        fourth = await self.token(world.client.form("refresh_token", refresh_token=third["refresh_token"]))
        fifth = await self.token(world.client.form("refresh_token", refresh_token=fourth["refresh_token"]))
        self.refusals.append((await stage.refresh(third["refresh_token"], agent=fifth["refresh_token"])).text)  # a late worker
        stage.clock.advance_ms(HOUR)
        self.refusals.append((await stage.refresh(token, agent=world.client.secret)).text)  # a thief
        self.refusals.append((await stage.refresh(fourth["refresh_token"])).text)
        fresh = await self.token(world.client.form("password", **world.account.login()))
        for shown in (fresh["access_token"], fresh["refresh_token"]):
            assert (await stage.revoke(shown)).status_code == 200
            self.refusals.append(str(await stage.introspect(shown)))
        await self.ask("GET", API, headers={"authorization": f"Bearer {fresh['access_token']}"})

    @property
    def living(self) -> set[str]:
        """Tokens that must not be revoked by the way."""
        return {secret for secret in self.secrets if secret.startswith(("pepos_rt_", "eyJ"))}

    def parts(self) -> Iterator[str]:
        """Every secret, and of every token its signature too."""
        for secret in self.secrets:
            yield secret
            if secret.count(".") == 2:
                yield secret.rpartition(".")[2]
            else:
                yield secret[9:41]  # without prefix and checksum


async def test_after_everything_that_can_happen_no_secret_is_found_anywhere(
    stage: Stage, directory_url: str, partnerservices_url: str
) -> None:
    await stage.add_owner(stage.world.harbour, "owner@harbour.example")
    everything = Everything(stage)
    living = await everything.what_goes_right()
    for secret in [stage.world.client.secret, stage.world.account.password, stage.world.instances["ros"][1], *living]:
        await everything.what_is_misplaced(secret)
    await everything.what_leaks_and_is_reused(living[0])
    logged = stage.app.logged.getvalue()
    stored = await texts_of(directory_url, DIRECTORY) + await texts_of(partnerservices_url, PARTNERSERVICES)
    # We look where something is to be found.
    assert {"token.refused", "authserver.refused", "http.refused", "call.refused"} <= events(logged)
    assert {"grant.token_leaked", "grant.late_repeat", "grant.straggler", "grant.reused", "grant.revoked"} <= set(stored)
    assert "A refresh token was used from two networks" in stored
    assert len(everything.refusals) > 500
    everywhere = "\n".join((logged, *stored, *everything.refusals))
    assert not [part for part in everything.parts() if part in everywhere]


def test_what_looks_like_a_secret_is_masked_whole_or_cut() -> None:
    secrets = [generate(kind) for kind in SecretKind] * 20
    secrets += ["eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl"]
    for secret in secrets:
        for text in (secret, f"/a/{secret}/b", f'{{"x":"{secret}"}}', secret[:30], f"{secret},{secret}"):
            shown = masked(text)
            assert "[hidden]" in shown
            assert secret[9:20] not in shown
            assert secret[-6:] not in shown
    for plain in ("/docs/errors/invalid_grant", "pepos_cs_", "till/1 (eyJ)", "", "svc-abcdefgh"):
        assert masked(plain) == plain


@pytest.mark.parametrize("grant_type", ["password", "refresh_token"])
async def test_a_fault_of_ours_logs_no_secret(stage: Stage, grant_type: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An excuse for the stand-in: nothing real makes the program itself fail on demand."""
    world = stage.world
    grant = await stage.sign_in()
    form = world.client.form(grant_type, **world.account.login(), refresh_token=grant["refresh_token"])

    def breaks(*values: Any) -> bytes:
        raise ZeroDivisionError(f"broken with {values}")

    monkeypatch.setattr("powerepos_cloud.authserver.token.mint", breaks)
    answer: httpx.Response = await stage.app.token(form)
    assert (answer.status_code, answer.json()["error"]) == (500, "server_error")
    logged = stage.app.logged.getvalue()
    assert "ZeroDivisionError" in logged
    for secret in (world.client.secret, world.account.password, grant["refresh_token"], grant["access_token"]):
        assert secret not in logged + answer.text


async def texts_of(url: str, metadata: Any) -> list[str]:
    """Every text of every table, audit and mail included."""
    database = open_database("directory" if metadata is DIRECTORY else "partnerservices", url)
    texts: list[str] = []
    for table in metadata.sorted_tables:
        columns = [column for column in table.columns if isinstance(column.type, Text)]
        if columns:
            rows = await database.reader.all(crossing(select(*columns), "a test looks for secrets everywhere"))
            texts += [str(value) for row in rows for value in row]
    await database.close()
    return texts


def events(logged: str) -> set[str]:
    """The names of what was logged."""
    return {msgspec.json.decode(line)["event"] for line in logged.splitlines()}
