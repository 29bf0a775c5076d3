"""Every error that can be sent has a page, the page explains every text, and its example is what is really sent."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar, get
from litestar.exceptions import HTTPException
from powerepos.contract import ErrorCodes
from powerepos.contract.codes import MEANINGS

import powerepos_cloud.authserver
from powerepos_cloud.authserver import errors as oauth
from powerepos_cloud.authserver.errors import OAuthError, answer
from powerepos_cloud.foundation.database import DatabaseUnavailable
from powerepos_cloud.http.hallway import Hallway
from powerepos_cloud.http.source import Sources
from powerepos_cloud.observability.logs import build_log
from powerepos_cloud.observability.metrics import Metrics
from powerepos_cloud.resourceserver.errors import Door
from powerepos_cloud.resourceserver.refusals import PermissionMissing, ScopeMissing, TokenAbsent, TokenInvalid
from powerepos_cloud.webui.error_pages import PAGES, ErrorPage
from powerepos_cloud.webui.error_pages.model import AUTHSERVER, PARTNERSERVICES
from tests.webui.document import Document
from tests.webui.sent_texts import ROOT, Carrier, Sent, Unreadable, sent_texts, texts_of_calls

BY_CODE = {page.code: page for page in PAGES}
PUBLIC_URL = "https://cloud.powerepos.example"


def oauth_errors() -> list[type[OAuthError]]:
    """Every refusal of the AuthServer, wherever it is declared."""
    for module in pkgutil.walk_packages(powerepos_cloud.authserver.__path__, "powerepos_cloud.authserver."):
        importlib.import_module(module.name)

    def below(error: type[OAuthError]) -> Iterator[type[OAuthError]]:
        for child in error.__subclasses__():
            yield child
            yield from below(child)

    return list(below(OAuthError))


def texts_on(page: ErrorPage) -> list[str]:
    """Every text that a page shows as sent."""
    return [*([page.one_text] if page.one_text else []), *(text for cause in page.causes for text in cause.says)]


def unexplained(sent: list[Sent], codes: dict[str, str]) -> list[str]:
    """Texts that the page of their error's code does not show."""
    return [f"{text.place}: {text.text}" for text in sent if not is_shown(text.text, BY_CODE[codes[text.error]])]


def is_shown(text: str, page: ErrorPage) -> bool:
    """Whether a page shows this text; `…`, on either side, stands for anything."""
    return any(fits(shown, text) or fits(text, shown) for shown in texts_on(page))


def fits(pattern: str, text: str) -> bool:
    """Whether a text is this one, `…` in the pattern standing for anything."""
    return re.fullmatch(re.escape(pattern).replace("…", ".+"), text) is not None


def test_every_refusal_of_the_authserver_has_a_page() -> None:
    assert len(oauth_errors()) >= 9
    assert {error.error for error in oauth_errors()} == {page.code for page in PAGES if page.sender == AUTHSERVER}


def test_every_error_code_of_partner_services_has_a_page() -> None:
    codes = {value for name, value in vars(ErrorCodes).items() if name.isupper()}
    assert len(codes) >= 12
    assert codes <= {page.code for page in PAGES if page.sender == PARTNERSERVICES}


def test_every_status_of_an_error_is_named_on_its_page() -> None:
    for error in oauth_errors():
        assert error.status in BY_CODE[error.error].statuses, error


def test_no_code_has_two_pages_and_what_is_related_exists() -> None:
    assert len(BY_CODE) == len(PAGES)
    for page in PAGES:
        assert set(page.related) <= set(BY_CODE) - {page.code}, page.code


def test_every_page_says_what_it_means_why_and_how_to_mend_it() -> None:
    for page in PAGES:
        assert page.summary.endswith("."), page.code
        assert page.meaning, page.code
        assert page.causes, page.code
        assert len({cause.title for cause in page.causes}) == len(page.causes)
        for text in (*page.meaning, *(text for cause in page.causes for text in (cause.why, cause.cure))):
            assert text.endswith("."), text
            assert text.count("`") % 2 == 0, text
        assert page.sender != AUTHSERVER or page.refresh_token, page.code


def test_every_text_of_the_authserver_is_explained() -> None:
    carriers = {
        error.__name__: Carrier(0, own_words="__init__" in vars(error))
        for error in oauth_errors()  # a class with words of its own takes only what is logged
    }
    codes = {error.__name__: error.error for error in oauth_errors()}
    paths = [*(ROOT / "authserver").rglob("*.py"), ROOT / "app.py"]
    sent = [text for path in paths for text in sent_texts(path, carriers)]
    assert len(sent) > 35
    assert {text.error for text in sent} == set(carriers)
    assert not unexplained(sent, codes)


def test_every_fault_of_a_form_is_explained() -> None:
    texts = texts_of_calls(ROOT / "http" / "forms.py", "FormFault")
    assert len(texts) >= 6
    for text in texts:
        assert is_shown(text, BY_CODE["invalid_request"]), text


def test_every_text_of_partner_services_about_a_token_is_explained() -> None:
    carriers = {
        "TokenAbsent": Carrier(2, own_words=True),
        "TokenInvalid": Carrier(0, own_words=False),
        "ScopeMissing": Carrier(2, own_words=True),
        "PermissionMissing": Carrier(2, own_words=True),
        "TokenRefused": Carrier(1, own_words=False),
        "UnknownKey": Carrier(1, own_words=True),
        "Reason": Carrier(1, own_words=False),
    }
    codes = {
        **dict.fromkeys(carriers, ErrorCodes.TOKEN_INVALID),
        "TokenAbsent": ErrorCodes.TOKEN_ABSENT,
        "ScopeMissing": ErrorCodes.SCOPE_MISSING,
        "PermissionMissing": ErrorCodes.PERMISSION_MISSING,
    }
    paths = [*(ROOT / "resourceserver").rglob("*.py"), *(ROOT / "partnerservices").rglob("*.py"), ROOT / "accesstoken.py"]
    sent = [text for path in paths for text in sent_texts(path, carriers)]
    assert len(sent) > 20
    assert {text.error for text in sent} == set(carriers)
    assert not unexplained(sent, codes)


def refusal_of(page: ErrorPage) -> OAuthError:
    """The refusal that sends what the page's example shows."""
    description = page.example.body["error_description"]
    (kind,) = [
        error
        for error in vars(oauth).values()
        if inspect.isclass(error)
        and issubclass(error, OAuthError)
        and (error.error, error.status) == (page.code, page.example.status)
        and error is not OAuthError
    ]
    refusals: dict[type[OAuthError], Any] = {
        oauth.InvalidClient: lambda: oauth.InvalidClient("reason"),
        oauth.TooManyFailures: lambda: oauth.TooManyFailures(int(dict(page.example.headers)["Retry-After"])),
        oauth.ServerError: lambda: oauth.ServerError("reason"),
    }
    refusal: OAuthError = refusals.get(kind, lambda: kind(description, "reason"))()
    return refusal


@pytest.mark.parametrize("page", [page for page in PAGES if page.sender == AUTHSERVER], ids=lambda page: page.code)
def test_the_authserver_sends_what_the_example_shows(page: ErrorPage) -> None:
    status, headers, body = answer(refusal_of(page), PUBLIC_URL)
    sent = {name.decode(): value.decode() for name, value in headers}
    assert status == page.example.status
    assert msgspec.json.decode(body) == {**page.example.body, "error_uri": PUBLIC_URL + page.path}
    shown = {name.lower(): value for name, value in page.example.headers}
    assert shown == {name: value for name, value in sent.items() if name not in ("content-length", "pragma")}
    assert is_shown(body_text(page), page)


def body_text(page: ErrorPage) -> str:
    """The text in a page's example."""
    body = page.example.body
    text: str = body.get("error_description") or body["errorMessage"]
    return text


def fault_of(page: ErrorPage) -> Exception:
    """What must happen in Partner Services for the answer that the page's example shows."""
    faults: dict[str, Exception] = {
        ErrorCodes.TOKEN_ABSENT: TokenAbsent("detail"),
        ErrorCodes.TOKEN_INVALID: TokenInvalid(body_text(page), detail="detail"),
        ErrorCodes.SCOPE_MISSING: ScopeMissing("partnerservices"),
        ErrorCodes.PERMISSION_MISSING: PermissionMissing(["Partner Sales (Submit)"]),
        ErrorCodes.METHOD_NOT_ALLOWED: HTTPException(status_code=405, headers={"Allow": "GET, OPTIONS"}),
        ErrorCodes.SERVICE_FAULT: RuntimeError("a fault on purpose"),
        ErrorCodes.SERVICE_UNAVAILABLE: DatabaseUnavailable("away"),
    }
    code = page.example.body["errorCode"]
    return faults.get(code) or HTTPException(status_code=page.example.status)


@pytest.mark.parametrize("page", [page for page in PAGES if page.sender != AUTHSERVER], ids=lambda page: page.code)
async def test_partner_services_sends_what_the_example_shows(page: ErrorPage) -> None:
    door = Door(
        service="partnerservices",
        metadata_url="https://service.example/.well-known/oauth-protected-resource",
        log=build_log("critical"),
        docs_url="https://auth.example",
    )

    @get("/call")
    async def call() -> None:
        raise fault_of(page)

    app = Litestar([call], openapi_config=None, exception_handlers={Exception: door.answer}, logging_config=None)
    hallway = Hallway(app, sources=Sources(""), metrics=Metrics(), log=build_log("critical"), body_timeout_seconds=5)
    transport = httpx.ASGITransport(app=hallway, client=("192.0.2.1", 50000), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://service.example") as http:
        sent = await http.get("/call")
    assert sent.status_code == page.example.status
    assert sent.json() == {**page.example.body, "requestID": sent.headers["x-request-id"]}
    for name, value in page.example.headers:
        assert sent.headers[name] == value
    assert ("www-authenticate" in sent.headers) == ("WWW-Authenticate" in dict(page.example.headers))
    assert page.sender != PARTNERSERVICES or is_shown(body_text(page), page)


def test_a_text_that_no_page_explains_is_noticed(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    carriers = {"InvalidGrant": Carrier(0, own_words=False)}
    module.write_text(
        '_WHY = {"a": "First."}\n'
        "def grant(word, reason):\n"
        '    second = f"Second: {word}."\n'
        '    raise InvalidGrant(_WHY.get(word, second) if word else reason, "reason")\n'
    )
    sent = list(sent_texts(module, carriers))
    assert [text.text for text in sent] == ["First.", "Second: …."]
    assert unexplained(sent, {"InvalidGrant": "invalid_grant"}) == ["module.py:4: First.", "module.py:4: Second: …."]
    module.write_text('raise InvalidGrant(" ".join(words), "reason")\n')
    with pytest.raises(Unreadable, match=r"module\.py:1"):
        list(sent_texts(module, carriers))


def test_every_code_of_submitted_records_has_a_page(site_url: str) -> None:
    assert not set(MEANINGS) & set(BY_CODE)
    with httpx.Client(base_url=site_url) as http:
        index = Document(http.get("/docs/errors").text).all("id")
        for code, meaning in MEANINGS.items():
            page = http.get(f"/docs/errors/{code}")
            assert page.status_code == 200, code
            text = Document(page.text).text
            assert ("KindWarning" if meaning.warning else "KindError") in text.replace("\n", ""), code
            assert meaning.sentence.replace("`", "").replace("'", "’") in text, code
            assert ("while its Z is open" in text) == (meaning.warning and not code.startswith(("order.", "line."))), code
            assert ("lineItemFailureResults" in text) != meaning.warning, code
            if code.startswith(("order.", "line.", "supplier.")) and not meaning.warning:
                assert ("send the whole order again" in text) != (code == "order.id_conflict"), code
            assert code in index
