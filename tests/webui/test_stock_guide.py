"""The guide to sending invoices explains every type of line and every result that an order can be answered with."""

import re

import httpx
from powerepos.contract.codes import MEANINGS
from powerepos.contract.stock import RequestResultCode, StockItemStringItemType

from powerepos_cloud.webui.reference import LINE_TYPE_TEXTS, ORDER_RESULT_TEXTS
from tests.webui.app import serve, webui
from tests.webui.document import Document

URL = "https://cloud.powerepos.example"


def test_every_type_of_line_and_every_result_is_explained() -> None:
    for texts, numbers in ((LINE_TYPE_TEXTS, StockItemStringItemType), (ORDER_RESULT_TEXTS, RequestResultCode)):
        assert set(texts) == set(numbers)
        for number, (name, _) in texts.items():
            assert name.lower().replace("_", "") == number.name.lower().replace("_", "")


async def test_the_guide_shows_them_and_names_only_codes_that_exist(anyio_backend: str) -> None:
    transport = httpx.ASGITransport(app=serve(webui(URL)), client=("192.0.2.1", 50000))
    async with httpx.AsyncClient(transport=transport, base_url=URL) as http:
        page = Document((await http.get("/docs/stock")).text)
    for name, meaning in (*LINE_TYPE_TEXTS.values(), *ORDER_RESULT_TEXTS.values()):
        assert name in page.text
        assert meaning in page.text
    named = {found[1] for link in page.all("href") if (found := re.fullmatch(r"/docs/errors/([a-z_.]+)", link))}
    assert {"line.product_unknown", "order.id_conflict", "order.size"} <= named <= set(MEANINGS)
