"""The token endpoint's answers, on both databases."""

import jwt
from authlib.jose import JsonWebKey, JsonWebToken
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet

from tests.support.application import Running
from tests.support.world import ISSUER, PARTNERSERVICES_URI, ROS_URI, World


async def test_the_onboarding_request_gets_the_documented_fields(app: Running, world: World) -> None:
    answer = await app.token(world.client.form("password", **world.account.login()))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert set(body) == {"token_type", "access_token", "expires_in", "refresh_token", "svc", "org_id", "scope"}
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 28800
    assert body["svc"] == PARTNERSERVICES_URI
    assert body["org_id"] == "HARBOUR-1"
    assert body["scope"] == "partnerservices offline_access"
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"
    assert answer.headers["x-request-id"]


async def test_the_token_verifies_with_three_libraries(app: Running, world: World) -> None:
    token = (await app.token(world.client.form("password", **world.account.login()))).json()["access_token"]
    jwks = (await app.http.get("/authorisation/jwks")).json()
    now = world.clock.now_ms() // 1000
    header = jwt.get_unverified_header(token)
    assert header["typ"] == "at+jwt"
    assert header["alg"] == "ES256"
    by_pyjwt = jwt.decode(
        token, jwt.PyJWKSet.from_dict(jwks)[header["kid"]].key, algorithms=["ES256"], audience=PARTNERSERVICES_URI,
        issuer=ISSUER, options={"verify_exp": False, "verify_iat": False},
    )  # fmt: skip
    by_joserfc = joserfc_jwt.decode(token, KeySet.import_key_set(jwks), algorithms=["ES256"]).claims
    by_authlib = JsonWebToken(["ES256"]).decode(token, JsonWebKey.import_key_set(jwks))
    assert by_pyjwt == by_joserfc == dict(by_authlib)
    assert by_pyjwt["svc"] == by_pyjwt["aud"] == PARTNERSERVICES_URI
    assert by_pyjwt["exp"] - by_pyjwt["iat"] == 28800
    assert by_pyjwt["iat"] == now
    assert by_pyjwt["sub"] == by_pyjwt["user_id"] == world.account.id
    assert by_pyjwt["root_nodes"] == [world.harbour.kapow]
    assert by_pyjwt["pga"] == ["Partner Sales (Submit)"]
    assert by_pyjwt["scope"] == "partnerservices"


async def test_the_token_opens_its_service_and_no_other(app: Running, world: World) -> None:
    token = (await app.token(world.client.form("password", **world.account.login()))).json()["access_token"]
    bearer = {"authorization": f"Bearer {token}"}
    assert (await app.http.get("/api/v1/connection", headers=bearer)).status_code == 200
    assert (await app.http.get("/ros/connection", headers=bearer)).status_code == 401
    approved = world.client.form("client_credentials", org_id="HARBOUR-1", scope="ros offline_access")
    ros = (await app.token(approved)).json()
    assert ros["svc"] == ROS_URI
    bearer = {"authorization": f"Bearer {ros['access_token']}"}
    assert (await app.http.get("/ros/connection", headers=bearer)).status_code == 200
    assert (await app.http.get("/api/v1/connection", headers=bearer)).status_code == 401


async def test_a_refresh_rotates_and_a_repeat_gives_the_same_successor(app: Running, world: World) -> None:
    first = (await app.token(world.client.form("password", **world.account.login()))).json()["refresh_token"]
    second = (await app.token(world.client.form("refresh_token", refresh_token=first))).json()
    assert second["scope"] == "partnerservices offline_access"
    assert second["refresh_token"] != first
    repeated = (await app.token(world.client.form("refresh_token", refresh_token=first))).json()
    assert repeated["refresh_token"] == second["refresh_token"]
    assert repeated["access_token"] != second["access_token"]
