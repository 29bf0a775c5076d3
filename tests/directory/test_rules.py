"""What the directory accepts, and what it says to what it does not."""

import base64
import contextlib
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from powerepos_cloud.directory import keysets, rules
from powerepos_cloud.foundation.ids import parse_guid
from powerepos_cloud.foundation.refusals import Invalid, Note, shown
from powerepos_cloud.foundation.texts import compare_key, line


def verdict(rule: Callable[[str], str], text: str) -> str:
    """What the rule makes of a text, or the field that it refuses."""
    try:
        return rule(text)
    except Invalid as refusal:
        return refusal.field


@pytest.mark.parametrize("code", ["AA", "A1", "1A", "HARBOUR-CAFE", "A--B", "0123456789ABCDEF"])
def test_a_code_of_the_documented_form_is_taken_as_it_is(code: str) -> None:
    assert rules.organisation_code(code) == code


@pytest.mark.parametrize("code", ["", "A", "-A", "A-", "A B", "A_B", "ÄB", "A\n", "AA\0", "0123456789ABCDEFG", "ｆｕｌｌ"])
def test_another_code_is_refused_without_a_cure_that_would_not_help(code: str) -> None:
    with pytest.raises(Invalid) as raised:
        rules.organisation_code(code)
    assert raised.value.cure == ""


@pytest.mark.parametrize(("code", "cure"), [("harbour", "HARBOUR"), (" AB ", "AB"), ("a-1", "A-1")])
def test_a_code_that_only_needs_capitals_is_refused_with_them(code: str, cure: str) -> None:
    with pytest.raises(Invalid, match=f"Register it as {cure}:"):
        rules.organisation_code(code)


@given(st.text(max_size=20))
def test_every_code_is_either_taken_or_refused_in_words(code: str) -> None:
    assert verdict(rules.organisation_code, code) in (code.upper(), "organisation code")


@pytest.mark.parametrize("url", ["https://example.com", "https://example.com/a?b=c#d", "https://a.b.example.com:8443/"])
def test_a_website_is_taken_as_it_is(url: str) -> None:
    assert rules.website(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "http://example.com", "javascript:alert(1)", "https://", "https://localhost", "https://127.0.0.1",
        "https://user:secret@example.com", "https://exa mple.com", "https://example.com/\n", "https://example.com\\@evil.example",
        "https://xn--", "https://-a.example", "https://ex_ample.com", "https://exämple.com", "https://example.com:0", "https://example.com:99999",
        "https://[::1", "https://example.com/" + "a" * 200, "ftp://example.com",
    ],
)  # fmt: skip
def test_what_is_no_public_https_address_is_no_website(url: str) -> None:
    with pytest.raises(Invalid, match="website: expected an address that begins with https://") as raised:
        rules.website(url)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "uri",
    ["https://ps.example/", "https://ps.example:8443/a/b/", "http://localhost:8000/", "http://127.0.0.1/ros/", "http://[::1]:80/x/",
     "https://ps/"],
)  # fmt: skip
def test_an_instance_address_is_canonical_and_ends_in_a_slash(uri: str) -> None:
    if uri == "http://[::1]:80/x/":
        with pytest.raises(Invalid, match=r"Write it as http://\[::1\]/x/"):
            rules.instance_uri(uri)
    else:
        assert rules.instance_uri(uri) == uri


@pytest.mark.parametrize(
    ("uri", "cure"),
    [
        ("https://ps.example", "https://ps.example/"),
        ("https://PS.example/", "https://ps.example/"),
        ("HTTPS://ps.example/", "https://ps.example/"),
        ("https://ps.example:443/", "https://ps.example/"),
        ("https://ps.example:/", "https://ps.example/"),
        ("https://ps.example/a", "https://ps.example/a/"),
    ],
)
def test_another_spelling_of_an_address_is_refused_with_the_right_one(uri: str, cure: str) -> None:
    with pytest.raises(Invalid) as raised:
        rules.instance_uri(uri)
    assert raised.value.cure == f"Write it as {cure}"


@pytest.mark.parametrize(
    "uri",
    ["", "/", "http://ps.example/", "https://ps.example/?", "https://ps.example/?a=/", "https://ps.example/#/", "https://a@ps.example/",
     "https:///", "ws://localhost/", "https://ps.example/ /", "http://localhost.evil.example/", "http://127.0.0.1.evil.example/"],
)  # fmt: skip
def test_what_is_no_address_of_an_instance_is_refused(uri: str) -> None:
    with pytest.raises(Invalid, match="uri: expected an https address that ends in /"):
        rules.instance_uri(uri)


@given(st.text(max_size=60))
def test_every_address_is_either_taken_or_refused_in_words(text: str) -> None:
    for uri in (text, f"https://{text}/", f"http://localhost{text}/"):
        for rule in (rules.instance_uri, rules.website):
            assert verdict(rule, uri) in (uri, "uri", "website")


def test_grants_permissions_and_services_come_in_the_documented_order_once() -> None:
    assert rules.grants(["refresh_token", "password", "password"]) == ["password", "refresh_token"]
    assert rules.permissions(["Raw Data (View)", "Partner Sales (Submit)"]) == ["Partner Sales (Submit)", "Raw Data (View)"]
    assert rules.services(["ros", "partnerservices"]) == ["partnerservices", "ros"]


@pytest.mark.parametrize("form", ["{}", "{{{}}}", "hex", "upper"])
def test_a_guid_is_read_in_every_documented_form(form: str) -> None:
    guid = uuid.uuid4()
    text = {"hex": guid.hex, "upper": str(guid).upper()}.get(form) or form.format(guid)
    assert parse_guid(text) == str(guid)


@given(st.text(max_size=50) | st.from_regex(r"\{?[0-9a-f-]{30,40}\}?"))
def test_nothing_is_taken_for_a_guid_that_python_does_not_read_alike(text: str) -> None:
    with contextlib.suppress(ValueError):
        read = parse_guid(text)
        assert uuid.UUID(text) == uuid.UUID(read)
        assert str(uuid.UUID(read)) == read


GUID = "58789458-fe88-400a-a676-fa788fd4717e"


@pytest.mark.parametrize("text", ["{" + GUID, GUID + "}", GUID + "\n", "urn:uuid:" + GUID, GUID[:-1], GUID + "0", ""])
def test_what_only_looks_like_a_guid_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a GUID"):
        parse_guid(text)


@pytest.mark.parametrize("text", ["", "  ", "x" * 101, "a\nb", "a\0b", "a\u202eb", "a\ud800b", "a\u2028b"])
def test_a_name_is_one_plain_line(text: str) -> None:
    with pytest.raises(Invalid) as raised:
        line("name", text, 100)
    str(raised.value).encode()


def test_a_name_is_trimmed_and_composed() -> None:
    assert line("name", " Cafe\u0301 ", 100) == "Caf\u00e9"


def test_names_are_compared_without_case_and_composition() -> None:
    assert compare_key("STRASSE Cafe\u0301") == compare_key("straße CAFÉ")


def test_what_came_is_shown_short_and_escaped() -> None:
    assert shown("a\nb\x1b[31m") == r"'a\nb\x1b[31m'"
    assert len(shown("x" * 1000)) < 100
    assert (shown(None), shown(5), shown(Note("two keys"))) == ("nothing", "5", "two keys")


def jwk(key: Any, **members: Any) -> dict[str, Any]:
    """A public key with further members."""
    return {**key.as_dict(private=False), **members}


def keyset(*keys: object) -> str:
    """A JWK Set as text."""
    return json.dumps({"keys": keys})


EC = ECKey.generate_key("P-256")
ED = OKPKey.generate_key("Ed25519")
RSA = RSAKey.generate_key(2048)


def test_each_kind_of_key_is_taken_and_stripped_to_what_is_needed() -> None:
    text = keyset(
        jwk(EC, kid="e", use="sig", alg="ES256", x5u="https://evil.example"),
        jwk(RSA, kid="r", alg="PS256", key_ops=["verify"]),
        jwk(ED),
    )
    stored = json.loads(keysets.public_keys(text))["keys"]
    assert [sorted(key) for key in stored] == [
        ["alg", "crv", "kid", "kty", "x", "y"],
        ["alg", "e", "kid", "kty", "n"],
        ["crv", "kid", "kty", "x"],
    ]
    assert stored[2]["kid"] == ED.thumbprint()


def rsa_with_exponent(exponent: int) -> dict[str, Any]:
    """A public key with this exponent."""
    return jwk(RSA, e=base64url(exponent))


def base64url(number: int) -> str:
    """A number as a JWK spells it (RFC 7518 section 2, Base64urlUInt)."""
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([], "0 keys"),
        ([jwk(EC, kid=str(n)) for n in range(6)], "6 keys"),
        ([jwk(EC), jwk(EC)], "the same kid twice"),
        ([jwk(EC, kid="a"), jwk(ED, kid="a")], "the same kid twice"),
        ([jwk(ECKey.generate_key("P-384"))], "crv P-256, got 'P-384'"),
        ([jwk(OKPKey.generate_key("X25519"))], "crv Ed25519, got 'X25519'"),
        ([{"kty": "oct"}], "kty EC, RSA or OKP, got 'oct'"),
        ([jwk(OctKey.generate_key(256))], "private members (k)"),
        ([jwk(RSA, n=5)], "members that make none"),
        ([jwk(RSA, n="A")], "members that make none"),
        ([{"kty": ["EC"]}], "got no text"),
        ([{}], "got nothing"),
        (["key"], "no object"),
        ([jwk(EC, use="enc")], "use sig"),
        ([jwk(EC, use=1)], "use sig"),
        ([jwk(EC, key_ops=["sign"])], "key_ops"),
        ([jwk(EC, alg="RS256")], "alg ES256"),
        ([jwk(EC, alg=["ES256"])], "alg ES256"),
        ([jwk(RSA, alg="RS512")], "alg PS256 or RS256"),
        ([jwk(EC, kid="")], "kid of 1 to"),
        ([jwk(EC, kid=7)], "kid of 1 to"),
        ([jwk(EC, kid="a\nb")], "kid of 1 to"),
        ([jwk(EC, x="AA")], "members that make none"),
        ([jwk(EC, x=EC.as_dict(private=False)["y"])], "members that make none"),
        ([jwk(ED, x="é")], "members that make none"),
        ([{"kty": "EC", "crv": "P-256"}], "members that make none"),
        ([rsa_with_exponent(1)], "members that make none"),
        ([rsa_with_exponent(2**40 + 1)], "exponent"),
    ],
)  # fmt: skip
def test_a_key_that_cannot_be_used_is_refused_in_words(keys: list[Any], expected: str) -> None:
    with pytest.raises(Invalid) as raised:
        keysets.public_keys(keyset(*keys))
    assert expected in str(raised.value)


def test_a_short_rsa_key_is_refused() -> None:
    numbers = rsa.generate_private_key(65537, 1024).public_key().public_numbers()
    short = {"kty": "RSA", "n": base64url(numbers.n), "e": base64url(numbers.e)}
    with pytest.raises(Invalid, match="an RSA key of 2048 to 8192 bits, got 1024"):
        keysets.public_keys(keyset(short))


@pytest.mark.parametrize("key", [EC, ED, RSA])
def test_a_private_key_is_refused_and_never_shown(key: Any) -> None:
    private = key.as_dict(private=True)
    with pytest.raises(Invalid, match="private members") as raised:
        keysets.public_keys(keyset(private))
    assert private["d"] not in str(raised.value)
    assert "replace this key" in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"keys": {}}',
        "-----BEGIN PUBLIC KEY-----",
        "[" * 5000,
        '{"keys": [' + " " * 40_000 + "]}",
        "\ud800",
    ],
)
def test_what_is_no_key_set_is_refused_in_words(text: str) -> None:
    with pytest.raises(Invalid, match=r"^keys: expected"):
        keysets.public_keys(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=5,
)


@given(
    st.dictionaries(
        st.sampled_from(["kty", "crv", "x", "y", "n", "e", "kid", "alg", "use", "key_ops", "d"]),
        json_values | st.sampled_from(["EC", "RSA", "OKP", "P-256", "Ed25519", "ES256", "sig", "AQAB"]),
    )
)
def test_no_key_breaks_the_rules(key: dict[str, Any]) -> None:
    answer = verdict(keysets.public_keys, json.dumps({"keys": [key]}))
    assert answer in ("keys", "keys[0]") or json.loads(answer)["keys"][0]["kty"] in ("EC", "RSA", "OKP")
