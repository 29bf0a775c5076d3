"""The guide to sending sales explains every outcome and number that a batch can answer with."""

import re

import httpx
from powerepos.contract.codes import MEANINGS
from powerepos.contract.results import Outcomes
from powerepos.contract.sales import BatchItemErrorCode, PartnerSalesBatchRequestOptions

from powerepos_cloud.webui.reference import ITEM_CODE_TEXTS, OUTCOME_TEXTS
from tests.webui.app import serve, webui
from tests.webui.document import Document

URL = "https://cloud.powerepos.example"


def test_every_outcome_and_every_number_is_explained() -> None:
    assert set(OUTCOME_TEXTS) == {word for name, word in vars(Outcomes).items() if name.isupper()}
    assert set(ITEM_CODE_TEXTS) == set(BatchItemErrorCode)
    for code, (name, _) in ITEM_CODE_TEXTS.items():
        assert name.lower() == code.name.replace("_", "").lower()


async def test_the_guide_names_the_options_and_only_codes_that_exist(anyio_backend: str) -> None:
    transport = httpx.ASGITransport(app=serve(webui(URL)), client=("192.0.2.1", 50000))
    async with httpx.AsyncClient(transport=transport, base_url=URL) as http:
        page = Document((await http.get("/docs/sales")).text)
    for field in PartnerSalesBatchRequestOptions.__struct_encode_fields__:
        assert field in page.text
    named = {found[1] for link in page.all("href") if (found := re.fullmatch(r"/docs/errors/([a-z_.]+)", link))}
    assert named
    assert named <= set(MEANINGS)
