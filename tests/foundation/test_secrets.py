"""Generated secrets are recognisable, checked without a look-up, and stored as keyed hashes (contract section 2)."""

import hashlib
import hmac
import re
import string
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerepos_cloud.foundation.secrets import SecretKind, from_bytes, generate, hint, is_well_formed, keyed_hash

SCANNER = re.compile(r"pepos_(cs|sp|rt|si|ln)_[a-z2-7]{32}[0-9a-f]{8}")
KINDS = list(SecretKind)
KEY = bytes(range(32))


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_secret_is_well_formed_for_its_kind_only(kind: SecretKind) -> None:
    secret = generate(kind)
    assert [is_well_formed(other, secret) for other in KINDS] == [other is kind for other in KINDS]
    assert SCANNER.fullmatch(secret)


def test_no_two_secrets_are_alike() -> None:
    assert len({generate(SecretKind.CLIENT_SECRET) for _ in range(2000)}) == 2000


@given(st.binary(min_size=20, max_size=40), st.sampled_from(KINDS))
def test_a_secret_spells_the_first_160_bits_and_only_those(material: bytes, kind: SecretKind) -> None:
    secret = from_bytes(kind, material)
    assert secret == from_bytes(kind, material[:20])
    assert is_well_formed(kind, secret)
    assert zlib.crc32(secret[:-8].encode()) == int(secret[-8:], 16)


@given(st.data())
def test_one_wrong_character_anywhere_is_noticed(data: st.DataObject) -> None:
    secret = from_bytes(SecretKind.REFRESH_TOKEN, data.draw(st.binary(min_size=20, max_size=20)))
    place = data.draw(st.integers(0, len(secret) - 1))
    character = data.draw(st.sampled_from(string.printable).filter(lambda sign: sign != secret[place]))
    assert not is_well_formed(SecretKind.REFRESH_TOKEN, secret[:place] + character + secret[place + 1 :])


@given(st.text())
def test_any_other_text_is_refused_without_an_error(text: str) -> None:
    for prefix in ("", "pepos_cs_"):
        assert not is_well_formed(SecretKind.CLIENT_SECRET, prefix + text)


@pytest.mark.parametrize(
    "change",
    [str.upper, lambda s: s + "\n", lambda s: " " + s, lambda s: s[:-1], lambda s: s + "0", lambda s: s.replace("_", "-")],
)
def test_variants_of_a_right_secret_are_refused(change) -> None:  # type: ignore[no-untyped-def]
    assert not is_well_formed(SecretKind.CLIENT_SECRET, change(from_bytes(SecretKind.CLIENT_SECRET, KEY)))


def test_the_hash_is_hmac_over_purpose_kind_and_secret() -> None:
    secret = from_bytes(SecretKind.SERVICE_PASSWORD, KEY)
    expected = hmac.new(KEY, b"hash\0sp\0" + secret.encode(), hashlib.sha256).digest()
    assert keyed_hash(KEY, SecretKind.SERVICE_PASSWORD, secret) == expected


def test_the_hash_differs_by_key_kind_and_secret() -> None:
    secret = generate(SecretKind.CLIENT_SECRET)
    hashes = {
        keyed_hash(KEY, SecretKind.CLIENT_SECRET, secret),
        keyed_hash(KEY[::-1], SecretKind.CLIENT_SECRET, secret),
        keyed_hash(KEY, SecretKind.REFRESH_TOKEN, secret),
        keyed_hash(KEY, SecretKind.CLIENT_SECRET, generate(SecretKind.CLIENT_SECRET)),
    }
    assert len(hashes) == 4
    assert {len(found) for found in hashes} == {32}


def test_a_hint_is_the_end_of_the_secret() -> None:
    secret = generate(SecretKind.INSTANCE_CREDENTIAL)
    assert secret.endswith(hint(secret))
    assert len(hint(secret)) == 4


def test_the_security_page_names_the_scanners_expression() -> None:
    assert SCANNER.pattern in (Path(__file__).parents[2] / "SECURITY.md").read_text()
