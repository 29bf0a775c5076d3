"""The map of revocations: numbers, not clocks."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerepos_cloud.accesstoken import AccessTokenClaims
from powerepos_cloud.resourceserver.feed import FeedEntry
from powerepos_cloud.resourceserver.revocations import RevocationMap
from tests.resourceserver.authserver import ROS_URI, URI, claims, ros_claims

ELSEWHERE = "https://ps2.example.test/"
GRANT = claims()["sid"]


def token(**changed: object) -> AccessTokenClaims:
    return msgspec.convert(claims(0, **changed), AccessTokenClaims)


def of_grant(n: int, state: str) -> FeedEntry:
    return FeedEntry(n=n, kind="grant", id=GRANT, state=state)


def of_connection(n: int, state: str, client_id: str = "clientone", sub: str = "svc-demo", org: str = "DEMO-CAFE") -> FeedEntry:
    return FeedEntry(n=n, kind="connection", client_id=client_id, sub=sub, org_id=org, state=state)


def of_account(n: int, state: str) -> FeedEntry:
    return FeedEntry(n=n, kind="account", id="svc-demo", state=state)


def of_client(n: int, state: str) -> FeedEntry:
    return FeedEntry(n=n, kind="client", id="clientone", state=state)


def of_organisation(n: int, state: str, svc: str | None = None) -> FeedEntry:
    return FeedEntry(n=n, kind="organisation", id="DEMO-CAFE", state=state, svc=svc)


THINGS = [of_grant, of_connection, of_account, of_client, of_organisation]


def folded(*entries: FeedEntry) -> RevocationMap:
    revocations = RevocationMap()
    assert revocations.apply(entries) == []
    return revocations


def word(revocations: RevocationMap, **changed: object) -> str | None:
    reason = revocations.refusal(token(**changed), URI)
    return None if reason is None else reason.word


def test_an_empty_map_refuses_nothing() -> None:
    assert RevocationMap().refusal(token(rev=0), URI) is None


@pytest.mark.parametrize("thing", THINGS)
def test_each_kind_of_thing_is_refused_whatever_the_tokens_number(thing) -> None:
    revocations = folded(thing(5, "refused"))
    kind = thing(5, "refused").kind
    assert word(revocations, rev=4) == f"{kind}.refused"
    assert word(revocations, rev=500) == f"{kind}.refused"


@pytest.mark.parametrize("thing", THINGS)
def test_lifting_opens_again_what_was_refused(thing) -> None:
    assert word(folded(thing(5, "refused"), thing(6, "lifted")), rev=1) is None
    assert word(folded(thing(5, "refused"), thing(6, "lifted"), thing(7, "refused")), rev=9) is not None


@pytest.mark.parametrize("thing", THINGS)
def test_narrowing_refuses_tokens_with_a_lower_number_only(thing) -> None:
    revocations = folded(thing(5, "narrowed"))
    assert word(revocations, rev=4) == f"{thing(5, 'narrowed').kind}.narrowed"
    assert word(revocations, rev=5) is None
    assert word(revocations, rev=6) is None


@pytest.mark.parametrize("thing", THINGS)
def test_narrow_pause_resume_keeps_the_narrowed_token_refused(thing) -> None:
    revocations = folded(thing(5, "narrowed"), thing(6, "refused"), thing(7, "lifted"))
    assert word(revocations, rev=4) == f"{thing(5, 'narrowed').kind}.narrowed"
    assert word(revocations, rev=5) is None


@pytest.mark.parametrize("thing", THINGS)
def test_pause_and_resume_alone_keep_older_tokens_alive(thing) -> None:
    assert word(folded(thing(5, "refused"), thing(6, "lifted")), rev=0) is None


@pytest.mark.parametrize("thing", THINGS)
def test_revoke_and_reopen_leave_nothing_issued_before_alive(thing) -> None:
    revocations = folded(thing(5, "refused"), thing(6, "narrowed"), thing(7, "lifted"))
    assert word(revocations, rev=5) == f"{thing(6, 'narrowed').kind}.narrowed"
    assert word(revocations, rev=7) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "other"},
        {"sub": "svc-other"},
        {"org_id": "OTHER"},
    ],
)
def test_a_connection_is_all_three_of_client_subject_and_organisation(changed: dict[str, str]) -> None:
    assert word(folded(of_connection(5, "refused"))) == "connection.refused"
    assert word(folded(of_connection(5, "refused")), **changed) is None


def test_things_of_another_kind_with_the_same_name_are_other_things() -> None:
    revocations = folded(FeedEntry(n=3, kind="account", id="clientone", state="refused"))
    assert word(revocations) is None
    assert word(revocations, sub="clientone") == "account.refused"


def test_an_organisation_is_known_without_letter_case() -> None:
    assert word(folded(FeedEntry(n=3, kind="organisation", id="Demo-Cafe", state="refused"))) == "organisation.refused"


def test_a_moved_organisation_is_refused_everywhere_but_where_it_moved_to() -> None:
    revocations = folded(of_organisation(20, "moved", ELSEWHERE))
    assert word(revocations, rev=19) == "organisation.moved"
    assert revocations.refusal(token(rev=19), ELSEWHERE) is None


def test_an_organisation_that_moved_back_is_answered_again() -> None:
    revocations = folded(of_organisation(20, "moved", ELSEWHERE), of_organisation(25, "moved", URI))
    assert word(revocations, rev=19) is None
    assert revocations.refusal(token(rev=22), ELSEWHERE) is not None


def test_what_arrives_late_never_takes_the_place_of_what_is_newer() -> None:
    assert word(folded(of_grant(9, "narrowed"), of_grant(5, "narrowed")), rev=7) == "grant.narrowed"
    assert word(folded(of_grant(9, "lifted"), of_grant(5, "refused"))) is None
    late = folded(of_organisation(25, "moved", URI), of_organisation(20, "moved", ELSEWHERE))
    assert word(late, rev=19) is None


def test_a_move_of_one_service_does_not_close_another_for_good() -> None:
    revocations = folded(of_organisation(20, "moved", ELSEWHERE))
    remote_orders = msgspec.convert(ros_claims(0, rev=20), AccessTokenClaims)
    assert revocations.refusal(remote_orders, ROS_URI) is None


def test_a_move_neither_refuses_nor_lifts() -> None:
    revocations = folded(of_organisation(3, "refused"), of_organisation(4, "moved", URI))
    assert word(revocations) == "organisation.refused"


@pytest.mark.parametrize(
    "entry",
    [
        FeedEntry(n=1, kind="planet", id="mars", state="refused"),
        FeedEntry(n=1, kind="grant", id=GRANT, state="forgiven"),
        FeedEntry(n=1, kind="grant", state="refused"),
        FeedEntry(n=1, kind="connection", client_id="clientone", org_id="DEMO-CAFE", state="refused"),
        FeedEntry(n=1, kind="organisation", id="DEMO-CAFE", state="moved"),
        FeedEntry(n=1, kind="client", id="clientone", state="moved", svc=URI),
    ],
)
def test_what_is_not_understood_is_told_and_changes_nothing(entry: FeedEntry) -> None:
    revocations = RevocationMap()
    assert revocations.apply([entry, of_account(2, "refused")]) == [entry]
    assert word(revocations) == "account.refused"


entries = st.builds(
    lambda thing, state, n: thing(n, state),
    st.sampled_from(THINGS),
    st.sampled_from(["refused", "lifted", "narrowed"]),
    st.integers(1, 40),
) | st.builds(of_organisation, st.integers(1, 40), st.just("moved"), st.sampled_from([URI, ELSEWHERE]))
histories = st.lists(entries, max_size=30, unique_by=lambda entry: entry.n)


def said_by_the_contract(history: list[FeedEntry], rev: int) -> bool:
    """Whether a token is refused, worked out in the plainest way from a history in order."""
    refused = False
    for thing in THINGS:
        kind = thing(0, "").kind
        own = [entry for entry in history if entry.kind == kind]
        switches = [entry.state for entry in own if entry.state in ("refused", "lifted")]
        refused |= bool(switches) and switches[-1] == "refused"
        refused |= any(entry.state == "narrowed" and rev < entry.n for entry in own)
    moves = [entry for entry in history if entry.state == "moved"]
    if moves and rev < moves[-1].n:
        refused |= moves[-1].svc != URI
    return refused


@given(histories, st.integers(0, 41))
def test_the_map_says_what_the_contract_says(history: list[FeedEntry], rev: int) -> None:
    ordered = sorted(history, key=lambda entry: entry.n)
    assert (word(folded(*ordered), rev=rev) is not None) == said_by_the_contract(ordered, rev)


@given(st.data(), histories, st.integers(0, 41))
def test_order_and_repeats_change_nothing(data: st.DataObject, history: list[FeedEntry], rev: int) -> None:
    again = data.draw(st.lists(st.sampled_from(history), max_size=20)) if history else []
    shuffled = data.draw(st.permutations(history + again))
    ordered = sorted(history, key=lambda entry: entry.n)
    assert word(folded(*shuffled), rev=rev) == word(folded(*ordered), rev=rev)


@given(histories, st.integers(0, 30), st.integers(0, 41))
def test_a_worker_that_starts_late_knows_what_the_others_know(history: list[FeedEntry], split: int, rev: int) -> None:
    ordered = sorted(history, key=lambda entry: entry.n)
    old = folded(*ordered[:split])
    old.apply(ordered)  # read from 0 again
    assert word(old, rev=rev) == word(folded(*ordered), rev=rev)


@given(histories, st.integers(0, 41), st.integers(1, 40))
def test_nothing_but_a_lift_or_a_move_makes_a_refused_token_work_again(history: list[FeedEntry], rev: int, n: int) -> None:
    lasting = [entry for entry in history if entry.state in ("refused", "narrowed")]
    before, after = [entry for entry in lasting if entry.n <= n], lasting
    if word(folded(*before), rev=rev) is not None:
        assert word(folded(*after), rev=rev) is not None
