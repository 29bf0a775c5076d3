"""GET /.well-known/oauth-authorization-server (RFC 8414): what it says is so."""

from tests.authserver.stage import Stage
from tests.support.application import running, settings_for
from tests.support.clock import FakeClock
from tests.support.world import ISSUER, World


async def test_the_document_says_where_everything_is_and_it_is_there(stage: Stage) -> None:
    answer = await stage.app.http.get("/.well-known/oauth-authorization-server")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "public, max-age=300"
    document = answer.json()
    assert document["issuer"] == ISSUER
    for name in ("token_endpoint", "jwks_uri", "revocation_endpoint", "introspection_endpoint"):
        assert document[name].startswith(f"{ISSUER}/authorisation/")
        assert (await stage.app.http.get(document[name])).status_code == (200 if name == "jwks_uri" else 405)


async def test_the_document_says_what_is_supported(stage: Stage) -> None:
    document = (await stage.app.http.get("/.well-known/oauth-authorization-server")).json()
    assert document["response_types_supported"] == []  # required by RFC 8414 section 2, and there are none
    assert document["grant_types_supported"] == ["password", "client_credentials", "refresh_token"]
    assert sorted(document["scopes_supported"]) == sorted(["partnerservices", "ros", "des", "reporting_server", "offline_access"])
    methods = ["client_secret_post", "client_secret_basic", "private_key_jwt"]
    assert document["token_endpoint_auth_methods_supported"] == methods
    assert document["revocation_endpoint_auth_methods_supported"] == methods
    assert document["introspection_endpoint_auth_methods_supported"] == ["client_secret_basic"]
    algorithms = ["ES256", "EdDSA", "PS256", "RS256"]
    assert document["token_endpoint_auth_signing_alg_values_supported"] == algorithms
    assert document["revocation_endpoint_auth_signing_alg_values_supported"] == algorithms
    assert set(document["powerepos_token_parameters"]) == {"org_id", "username", "password"}
    assert set(document["powerepos_token_response"]) == {"svc", "org_id"}
    assert "authorization_endpoint" not in document
    assert "none" not in str(document)


async def test_the_issuer_is_the_tokens_issuer_and_comes_from_the_settings_never_from_the_request(stage: Stage) -> None:
    headers = {"host": "evil.example", "x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
    document = await stage.app.http.get("/.well-known/oauth-authorization-server", headers=headers)
    assert "evil" not in document.text
    answer = await stage.app.token(stage.world.client.form("password", **stage.world.account.login()), headers=headers)
    introspected = await stage.introspect(answer.json()["access_token"])
    assert introspected["iss"] == ISSUER
    assert "evil" not in answer.text


async def test_the_documentation_may_lie_elsewhere(
    world: World, directory_url: str, partnerservices_url: str, clock: FakeClock
) -> None:
    settings = settings_for(directory_url, partnerservices_url, public_url="https://web.example")
    async with running(settings, clock) as app:
        document = (await app.http.get("/.well-known/oauth-authorization-server")).json()
        assert document["service_documentation"] == "https://web.example/docs"
        assert document["issuer"] == ISSUER
        refused = (await app.token({"grant_type": "x"})).json()
        assert refused["error_uri"] == "https://web.example/docs/errors/invalid_client"
