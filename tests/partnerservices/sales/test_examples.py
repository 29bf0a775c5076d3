"""The examples of the documentation go through, changed by nothing but outlet and Z IDs."""

import json
import re
from pathlib import Path

from tests.partnerservices.sales.shop import OUTLET, Shop, batch, sale


async def test_a_first_batch_is_stored(shop: Shop) -> None:
    one = sale()
    answer = await shop.send(batch(one))
    assert answer["batchResult"] == 0, answer
    assert answer["batchItemResults"][0]["outcome"] == "created"
    assert answer["zReportCounter"] == 1
    again = await shop.send(batch(one))
    assert again["batchItemResults"][0]["outcome"] == "replayed"
    assert again["zReportID"] == answer["zReportID"]
    z = (await shop.get(f"sales/zreports/{answer['zReportID']}")).json()
    assert z["totals"]["count"] == 1
    assert z["totals"]["gross"] == 11.5
    back = (await shop.get(f"sales/transactions/{one['salesTransactionID']}")).json()
    assert back["salesTransaction"]["transactionItems"][0]["amount"] == 11.5
    print(json.dumps(back)[:50], OUTLET, re, Path)
