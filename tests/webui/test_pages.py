"""What every page keeps to, seen over real HTTP: links, headers, nothing inline, nothing from elsewhere."""

import re
from collections.abc import Iterator
from urllib.parse import urldefrag, urlsplit

import httpx
import pytest
from powerepos.contract.codes import MEANINGS

from powerepos_cloud.foundation.database import DatabaseUnavailable
from powerepos_cloud.webui.error_pages import PAGES
from powerepos_cloud.webui.model import ServiceLifetime
from tests.webui.app import serve, webui
from tests.webui.document import Document

CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
ADDRESSES = ("href", "src", "srcset", "action", "formaction", "data", "poster", "background", "cite", "xlink:href")
REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def http(site_url: str) -> Iterator[httpx.Client]:
    """An HTTP client of the server with the demo's pages."""
    with httpx.Client(base_url=site_url) as client:
        yield client


@pytest.fixture(scope="module")
def pages(http: httpx.Client) -> dict[str, Document]:
    """Every page that can be reached by links from `/`, by path; a link that leads nowhere fails."""
    found: dict[str, Document] = {}
    waiting = {"/"}
    while waiting:
        path = waiting.pop()
        answer = http.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["content-type"] == "text/html; charset=utf-8", path
        found[path] = Document(answer.text)
        links = [element.attributes["href"] for element in found[path].elements if element.tag == "a"]
        waiting |= {urldefrag(link).url for link in links if not link.startswith("#")} - set(found) - {"/docs/openapi.json"}
    return found


def anonymous(**options: object) -> httpx.AsyncClient:
    """A client of other pages than the demo's, without a server in between."""
    pages = webui("https://cloud.powerepos.example", **options)  # type: ignore[arg-type]
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=serve(pages), client=("192.0.2.1", 50000), raise_app_exceptions=False),
        base_url="https://cloud.powerepos.example",
    )


def test_every_page_is_reached_by_links(pages: dict[str, Document]) -> None:
    expected = {"/", "/docs", "/docs/quick-start", "/docs/authserver", "/docs/token-lifetimes", "/docs/sales", "/docs/errors"}
    expected |= {"/docs/reference", "/docs/stock", "/outbox"}
    assert set(pages) == expected | {page.path for page in PAGES} | {f"/docs/errors/{code}" for code in MEANINGS}


def test_every_link_within_a_page_finds_its_place(pages: dict[str, Document]) -> None:
    for path, page in pages.items():
        for link in page.all("href"):
            target, fragment = urldefrag(link)
            if fragment:
                assert fragment in pages[target or path].all("id"), f"{path} links to {link}"


def test_no_id_stands_twice_on_a_page(pages: dict[str, Document]) -> None:
    for path, page in pages.items():
        ids = page.all("id")
        assert sorted(ids) == sorted(set(ids)), path


def test_every_error_has_a_place_in_the_index(pages: dict[str, Document]) -> None:
    assert {page.code for page in PAGES} <= set(pages["/docs/errors"].all("id"))


def test_nothing_is_inline(pages: dict[str, Document]) -> None:
    for path, page in pages.items():
        tags = {element.tag for element in page.elements}
        names = {name for element in page.elements for name in element.attributes}
        assert not tags & {"script", "style", "iframe", "object", "embed", "base"}, path
        assert not {name for name in names if name == "style" or name.startswith("on")}, path


def test_nothing_comes_from_or_leads_elsewhere(pages: dict[str, Document], http: httpx.Client) -> None:
    for path, page in pages.items():
        for name in ADDRESSES:
            for address in page.all(name):
                assert address.startswith(("/", "#")) and not address.startswith("//"), f"{path}: {name}={address}"  # noqa: PT018
    (style,) = {link for link in pages["/"].all("href") if link.endswith(".css")}
    assert not re.search(r"@import|url\(|https?:", http.get(style).text)


def test_every_page_has_its_own_title_and_one_heading(pages: dict[str, Document]) -> None:
    for path, page in pages.items():
        assert [element.tag for element in page.elements].count("h1") == 1, path
        assert [e.attributes["content"] for e in page.elements if e.attributes.get("name") == "description"] != [""], path
    titles = {re.search(r"(.*) · PowerEPOS", page.text).group(1) for page in pages.values()}  # type: ignore[union-attr]
    assert len(titles) == len(pages)


def test_the_demo_says_so_on_every_page(pages: dict[str, Document], http: httpx.Client) -> None:
    others = [Document(http.get(path).text) for path in ("/nowhere", "/fails")]
    for page in (*pages.values(), *others):
        assert "Demo. The data was made up on this computer." in page.text


async def test_outside_the_demo_nothing_speaks_of_it_and_there_is_no_outbox() -> None:
    async with anonymous(outbox=None, is_demo=False) as http:
        for path in ("/", "/docs", "/docs/quick-start", "/docs/token-lifetimes", "/nowhere"):
            text = Document((await http.get(path)).text).text
            assert "demo" not in text.lower(), path
        assert (await http.get("/outbox")).status_code == 404


@pytest.mark.parametrize("path", ["/", "/docs/token-lifetimes", "/outbox", "/nowhere", "/fails", "style.css", "mark.svg"])
def test_every_answer_is_guarded(http: httpx.Client, pages: dict[str, Document], path: str) -> None:
    address = next((link for link in pages["/"].all("href") if link.endswith(path) and "." in path), path)
    headers = http.get(address).headers
    assert headers["content-security-policy"] == CSP
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "strict-origin"
    assert "strict-transport-security" not in headers  # plain http on loopback
    assert "set-cookie" not in headers
    assert REQUEST_ID.fullmatch(headers["x-request-id"])


async def test_https_is_asked_for_where_the_public_url_has_it() -> None:
    async with anonymous() as http:
        for path in ("/", "/nowhere"):
            assert (await http.get(path)).headers["strict-transport-security"] == "max-age=31536000"


def test_a_page_is_asked_for_anew_and_not_sent_again(http: httpx.Client) -> None:
    first = http.get("/docs/quick-start")
    assert first.headers["cache-control"] == "no-cache"
    again = http.get("/docs/quick-start", headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["content-security-policy"] == CSP
    assert http.get("/docs/quick-start", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", ["/docs/token-lifetimes", "/outbox", "/nowhere"])
def test_no_cache_keeps_what_changes(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


def test_a_file_is_kept_for_ever_under_the_address_that_holds_its_hash(http: httpx.Client, pages: dict[str, Document]) -> None:
    for name, media_type in (("style.css", "text/css; charset=utf-8"), ("mark.svg", "image/svg+xml")):
        (address,) = {link for link in pages["/"].all("href") if link.endswith(name)}
        answer = http.get(address)
        assert answer.headers["content-type"] == media_type
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        # A page from before an upgrade is not left without its style, but keeps nothing.
        older = http.get(f"/static/0123456789abcdef/{name}")
        assert (older.status_code, older.content) == (200, answer.content)
        assert older.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/static/x/site.py", "/static/x/..%2fsite.py", "/static/x/%2e%2e/site.py", "/static"])
def test_no_other_file_can_be_reached(http: httpx.Client, path: str) -> None:
    assert http.get(path).status_code == 404


def test_head_is_answered_without_a_body(http: httpx.Client) -> None:
    for path in ("/", "/docs/errors/invalid_grant", "/docs/token-lifetimes", "/outbox"):
        answer = http.head(path)
        assert (answer.status_code, answer.content) == (200, b""), path


@pytest.mark.parametrize(
    ("method", "path", "status", "says"),
    [
        ("GET", "/nowhere", 404, "This page is not here"),
        ("GET", "/docs/errors/no.such_code", 404, "This page is not here"),
        ("POST", "/outbox", 405, "This address does not take that"),
        ("GET", "/fails", 500, "Something failed on our side"),
    ],
)
def test_an_error_is_a_page_with_the_request_id(http: httpx.Client, method: str, path: str, status: int, says: str) -> None:
    answer = http.request(method, path, headers={"X-Request-ID": "the-callers-own"})
    page = Document(answer.text)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert says in page.text
    assert answer.headers["x-request-id"] in page.text
    assert f"Error {status}." in page.text
    assert "RuntimeError" not in page.text
    assert "on purpose" not in page.text
    assert ("GET" in answer.headers.get("allow", "")) == (status == 405)


async def test_an_absent_database_is_503_and_passes() -> None:
    is_away = True

    async def lifetimes() -> list[ServiceLifetime]:
        if is_away:
            raise DatabaseUnavailable("away")
        return [ServiceLifetime("ros", 60, 120, 180)]

    async with anonymous(lifetimes=lifetimes) as http:
        answer = await http.get("/docs/token-lifetimes")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "2"
        assert "Not available just now" in answer.text
        is_away = False
        assert "1 minute" in (await http.get("/docs/token-lifetimes")).text


async def test_lifetimes_are_those_of_the_moment() -> None:
    services = [ServiceLifetime("partnerservices", 28_800, 7_776_000, 31_536_000)]

    async def lifetimes() -> list[ServiceLifetime]:
        return services

    async with anonymous(lifetimes=lifetimes) as http:
        first = Document((await http.get("/docs/token-lifetimes")).text).text
        assert "8 hours28,800 s" in first
        assert "90 days7,776,000 s" in first
        assert "365 days31,536,000 s" in first
        services[0] = ServiceLifetime("partnerservices", 900, 86_400, 172_800)
        later = Document((await http.get("/docs/token-lifetimes")).text).text
        assert "15 minutes900 s" in later
        assert "24 hours86,400 s" in later
        assert "2 days172,800 s" in later
        services.clear()
        assert "No service is set up" in (await http.get("/docs/token-lifetimes")).text


def test_mail_is_shown_newest_first_as_the_plain_text_that_it_is(http: httpx.Client) -> None:
    html = http.get("/outbox").text
    assert "<script>" not in html
    text = Document(html).text
    assert "<script>alert(1)</script>" in text
    assert "<b>Not markup</b> & “quotes”" in text
    assert text.index("aroha@harbour.example") < text.index("owner@tidewater.example")
    assert "Waiting" in text
    assert "Sent" in text
    assert "24 November 2026, 06:39:42 UTC" in text


async def test_an_empty_outbox_says_what_will_appear() -> None:
    async def nothing() -> list[object]:
        return []

    async with anonymous(outbox=nothing) as http:
        assert "No mail yet" in (await http.get("/outbox")).text


def test_every_example_leads_to_a_page_of_this_site(pages: dict[str, Document], site_url: str) -> None:
    for page in PAGES:
        (example,) = pages[page.path].code.values()
        (address,) = re.findall(r'"(?:error_uri|helpURI)": "(.*)"', example)
        assert address.removeprefix(site_url) in pages, page.code


def test_the_issuers_real_address_stands_in_the_calls(http: httpx.Client, site_url: str) -> None:
    page = Document(http.get("/docs/quick-start").text)
    for label in ("curl: get a token", "curl: renew the token"):
        assert f"{site_url}/authorisation/token" in page.code[label]
    assert urlsplit(site_url).port is not None
