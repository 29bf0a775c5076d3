"""When a client called last for one organisation; what it does for another is nobody's business."""

from powerepos_cloud.foundation.database import Database
from powerepos_cloud.partnerservices.requestlog import store
from powerepos_cloud.partnerservices.requestlog.last_calls import last_calls
from powerepos_cloud.partnerservices.requestlog.store import Call

KAPOW, OTHER = "6f1f6a5e-2f0b-4c55-9a57-0b8f2f1b7d21", "0c9d3f0e-9a43-4d4e-8f0a-0c5b5f7b9e11"


async def test_the_last_call_of_each_client(partnerservices_database: Database) -> None:
    calls = [(KAPOW, "one", 5), (KAPOW, "one", 9), (KAPOW, "two", 3), (OTHER, "one", 99), (OTHER, "three", 1)]
    for n, (kapow, client_id, at) in enumerate(calls):
        call = Call(str(n), None, kapow, client_id, "GET /x", at)
        await partnerservices_database.write(lambda session, call=call: store.add(session, call, 200))
    found = await last_calls(partnerservices_database.reader, KAPOW, ["one", "two", "three"])
    assert found == {"one": 9, "two": 3}
