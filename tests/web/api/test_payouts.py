"""Payouts over the API: a report, what it came to, and a provider that tells nothing by itself."""

from tests.web.api.conftest import Caller

HEAD = "line,kind,date,currency,gross,fee,net,payout,hold,reference,source"
FEE = "txn_f,fee,2026-03-01T00:00:00Z,EUR,-0.30,0,-0.30,po_1,,,"
GIFT = "txn_g,gift,2026-03-01T00:00:00Z,EUR,1.00,0,1.00,po_1,,,"
OUT = "po_1_out,payout,2026-03-01,EUR,-0.70,0,-0.70,po_1,,,po_1"


def report(*lines: str) -> dict[str, str]:
    return {"provider": "simulated", "csv": "\n".join((HEAD, *lines))}


async def test_a_report_is_taken_once_and_its_lines_are_listed(owner: Caller) -> None:
    first = await owner.post("/payout-reports", report(FEE, GIFT, OUT))
    again = await owner.post("/payout-reports", report(FEE, GIFT, OUT))

    assert (first.status_code, first.json()["fresh"], first.json()["posted"]) == (200, 2, 1)
    assert again.json()["fresh"] == 0
    [payout] = await owner.items("/payouts")
    assert (payout["amount"]["amount"], payout["lines"], payout["doubt"]) == ("0.70", 2, None)
    [open_line] = await owner.items("/payout-lines?unexplained=true")
    assert (open_line["ref"], open_line["doubt"]) == ("txn_g", "kind_unknown")
    assert len(await owner.items("/payout-lines?payout=po_1")) == 2


async def test_a_line_is_put_aside_with_a_reason(owner: Caller) -> None:
    await owner.post("/payout-reports", report(GIFT))
    [line] = await owner.items("/payout-lines")

    done = await owner.post(f"/payout-lines/{line['id']}/put-aside", {"why": "A gift"})
    again = await owner.post(f"/payout-lines/{line['id']}/put-aside", {"why": "A gift"})

    assert (done.status_code, done.json()["why"]) == (200, "A gift")
    assert (again.status_code, again.json()["code"]) == (409, "line_explained")
    assert await owner.items("/payout-lines?unexplained=true") == []


async def test_a_file_that_cannot_be_read_is_a_problem_with_its_line(owner: Caller) -> None:
    answer = await owner.post("/payout-reports", report("txn_1,capture"))

    assert answer.status_code == 422
    assert answer.json()["code"] == "report_unreadable"
    assert "Line 2: it has other columns" in answer.json()["detail"]


async def test_a_provider_that_is_silent_is_an_outage(owner: Caller) -> None:
    assert (await owner.post("/payout-reports/read")).status_code == 503
