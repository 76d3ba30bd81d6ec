"""Sessions, payments, refunds, settlements, receipts and the books over the API.

A driver pays at the simulated provider, charges and leaves; then the API is asked.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.payments.providers import patience_s
from tests.payments.scene import Scene, a_scene
from tests.web.api.conftest import Caller, who_may
from tests.web.api.test_document import operations, schema
from voltway.billing import approving, checking
from voltway.ledger import actions as ledger
from voltway.ocpp.hearing import heard_again
from voltway.parties.model import Party
from voltway.payments.model import Payment
from voltway.payments.providers.simulated import SimulatedProvider
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway_world.provider import ProviderServer


@pytest.fixture
async def bank(tmp_path: Path) -> AsyncIterator[ProviderServer]:
    async with ProviderServer(tmp_path / "provider", webhook_delay_s=0.01) as server:
        yield server


@pytest.fixture
async def provider(
    request: pytest.FixtureRequest, bank: ProviderServer
) -> AsyncIterator[SimulatedProvider]:
    adapter = SimulatedProvider(
        bank.url,
        secret=bank.secret,
        webhook_secret=bank.webhook_secret,
        timeout_s=patience_s(request),
    )
    yield adapter
    await adapter.close()


@pytest.fixture
async def scene(
    database: Database, clock: JumpingClock, bank: ProviderServer, provider: SimulatedProvider
) -> AsyncIterator[Scene]:
    async with a_scene(database, clock, bank, provider) as made:
        yield made


@pytest.fixture
def party(scene: Scene) -> Party:
    return scene.station.party


@pytest.fixture
async def paid(scene: Scene) -> Payment:
    """The payment of a driver who charged 10 kWh at 0.49 EUR: 4.90 EUR."""
    visit = await scene.opens()
    payment = await scene.pays(visit)
    await scene.starts(payment.token)
    await scene.ends(60_000)
    await scene.settles()
    return await scene.payment(visit)


async def test_what_a_paid_session_leaves_is_read(owner: Caller, paid: Payment) -> None:
    (session,) = await owner.items("/sessions")
    assert (session["energy_wh"], session["running"]) == (10_000, False)
    (payment,) = await owner.items(f"/payments?session={session['id']}&state=captured")
    assert payment["captured"] == {"amount": "4.90", "currency": "EUR", "minor": 490}
    assert payment["refunded"]["minor"] == 0
    (settlement,) = await owner.items(f"/settlements?session={session['id']}")
    assert (settlement["state"], settlement["next_step"]) == ("done", None)
    assert settlement["total"] == payment["captured"]
    (receipt,) = await owner.items(f"/receipts?payment={payment['id']}")
    assert receipt["number"] == settlement["receipt_number"]
    assert receipt["total"]["amount"] == "4.90"
    cost = (await owner.get(f"/sessions/{session['id']}/cost")).json()
    assert (cost["final"], cost["payable"]["minor"]) == (True, 490)
    assert cost["lines"][0]["price"] == "0.49"
    steps = await owner.items(f"/payments/{payment['id']}/steps")
    assert {each["verb"] for each in steps} == {"hold", "capture"}


async def test_the_books_of_a_paid_session_balance(owner: Caller, paid: Payment) -> None:
    entries = await owner.items(f"/ledger/entries?payment={paid.id}")
    assert entries
    (entry, *_) = await owner.items(f"/ledger/entries?session={paid.session}")
    assert (await owner.get(f"/ledger/entries/{entry['id']}")).json() == entry
    moved = {posting["debit"] for each in entries for posting in each["postings"]}
    for account in moved:
        assert await owner.items("/ledger/entries", params={"account": account})

    accounts = await owner.items("/ledger/accounts")
    assert sum(each["balance"]["minor"] for each in accounts) == 0
    revenue = await owner.items("/ledger/accounts?under=revenue")
    assert all(each["account"].startswith("revenue") for each in revenue)
    assert -sum(each["balance"]["minor"] for each in revenue) == 390
    balance = (await owner.get("/ledger/trial-balance")).json()
    assert balance["balances"] is True
    assert balance["sums"] == [
        {"currency": "EUR", "sum": {"amount": "0.00", "currency": "EUR", "minor": 0}}
    ]


async def test_accounts_are_walked_with_a_cursor(owner: Caller, paid: Payment) -> None:
    whole = [each["account"] for each in await owner.items("/ledger/accounts")]
    met, cursor = [], ""
    while cursor is not None:
        params: dict[str, Any] = {"limit": 1, **({"cursor": cursor} if cursor else {})}
        page = (await owner.get("/ledger/accounts", params=params)).json()
        met += [each["account"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert met == whole


async def test_a_receipt_is_the_frozen_document_a_page_and_a_pdf(
    owner: Caller, paid: Payment
) -> None:
    (receipt,) = await owner.items("/receipts")
    path = f"/receipts/{receipt['id']}"

    whole = await owner.get(path)
    page = await owner.get(f"{path}/html?locale=de")
    pdf = await owner.get(f"{path}/pdf")

    assert whole.json()["document"]["number"] == receipt["number"]
    assert whole.json()["sha256"] == receipt["sha256"]
    assert page.headers["content-type"].startswith("text/html")
    assert receipt["number"] in page.text
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-")
    assert (await owner.get(f"{path}/pdf?locale=../../x")).status_code == 422


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


async def test_a_refund_moves_money_once_however_often_it_is_asked(
    owner: Caller, paid: Payment, scene: Scene
) -> None:
    path = f"/payments/{paid.id}/refunds"
    body = {"amount": "1.50", "reason": "A cold cable"}

    answers = await asyncio.gather(*(owner.post(path, body, headers=keyed("r1")) for _ in range(4)))
    last = await owner.post(path, body, headers=keyed("r1"))

    assert last.status_code == 201, last.text
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert last.json()["amount"] == {"amount": "1.50", "currency": "EUR", "minor": 150}
    assert last.json()["payment"]["refunded"]["minor"] == 150
    assert scene.moved_minor == 490 - 150
    await scene.settles()
    assert (await owner.get("/ledger/trial-balance")).json()["balances"] is True


async def test_a_refund_above_what_one_may_give_back_is_refused_with_the_way_to_go(
    owner: Caller, scene: Scene, paid: Payment
) -> None:
    async with scene.begin(scene.station.party.id) as work:
        await approving.set_rule(work, scene.station.party.id, 100, by="Aino")

    answer = await owner.post(
        f"/payments/{paid.id}/refunds", {"amount": "1.01", "reason": "x"}, headers=keyed("r9")
    )

    assert answer.status_code == 409
    assert "needs a second person" in answer.text
    assert not [m for m in scene.bank.books.transactions.values() if m.type == "refund"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param({"amount": "4.91"}, 409, "refund_too_large", id="more than was taken"),
        pytest.param({"amount": "0"}, 422, "nothing_to_refund", id="nothing"),
        pytest.param({"amount": "0.001"}, 422, "amount_too_fine", id="a tenth of a cent"),
        pytest.param({"amount": "-1"}, 422, "invalid", id="less than nothing"),
        pytest.param({"amount": 1.5}, 422, "invalid", id="a float"),
        pytest.param({"amount": "1e3"}, 422, "invalid", id="a power of ten"),
    ],
)
async def test_a_refund_that_cannot_be_is_refused(
    owner: Caller, paid: Payment, scene: Scene, body: dict[str, object], status: int, code: str
) -> None:
    answer = await owner.post(
        f"/payments/{paid.id}/refunds", {"reason": "x", **body}, headers=keyed("r")
    )

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert scene.moved_minor == 490


async def test_the_money_of_another_party_is_not_there(
    owner: Caller, stranger: Caller, paid: Payment, scene: Scene
) -> None:
    ids = {
        listing: (await owner.items(listing))[0]["id"]
        for listing in ("/sessions", "/payments", "/settlements", "/receipts", "/ledger/entries")
    }
    for listing, id in ids.items():
        assert await stranger.items(listing) == [], listing
        assert (await stranger.get(f"{listing}/{id}")).status_code == 404, listing
    body = {"amount": "1", "reason": "x"}
    theft = await stranger.post(f"/payments/{paid.id}/refunds", body, headers=keyed("r"))
    assert theft.status_code == 404
    assert (await stranger.post(f"/sessions/{paid.session}/stop")).status_code == 404
    again = await stranger.post(f"/settlements/{ids['/settlements']}/try-again")
    assert again.status_code == 404
    for form in ("html", "pdf"):
        receipt = await stranger.get(f"/receipts/{ids['/receipts']}/{form}")
        assert receipt.status_code == 404
    assert scene.moved_minor == 490


async def test_a_running_session_is_stopped_by_asking_the_station(
    owner: Caller, scene: Scene
) -> None:
    payment = await scene.pays(await scene.opens())
    session = await scene.starts(payment.token)
    scene.clock.jump(timedelta(minutes=5))
    await scene.meters(51_000)

    (running,) = await owner.items("/sessions?running=true")
    asked = await owner.post(f"/sessions/{session}/stop")

    assert running["id"] == str(session)
    assert asked.status_code == 202, asked.text
    assert (asked.json()["kind"], asked.json()["asked"]["ref"]) == ("stop", "tx-1")
    cost = (await owner.get(f"/sessions/{session}/cost")).json()
    assert (cost["final"], cost["payable"]["minor"]) == (False, 49)
    await scene.ends(52_000)
    over = await owner.post(f"/sessions/{session}/stop")
    assert (over.status_code, over.json()["code"]) == (409, "session_over")


async def test_a_settlement_that_rests_is_walked_on_when_asked(
    owner: Caller, scene: Scene, bank: ProviderServer
) -> None:
    payment = await scene.pays(await scene.opens())
    await scene.starts(payment.token)
    await scene.ends(60_000)
    await scene.bus.catch_up()
    (settlement,) = await owner.items("/settlements")
    assert settlement["state"] != "done"

    asked = await owner.post(f"/settlements/{settlement['id']}/try-again")
    await scene.settles()

    assert asked.status_code == 200, asked.text
    (settlement,) = await owner.items("/settlements?state=done")
    assert settlement["total"]["minor"] == 490
    assert scene.moved_minor == 490


async def test_every_read_of_money_answers_as_described(
    owner: Caller, aurora: Caller, paid: Payment
) -> None:
    told = (await owner.client.get("/api/openapi.json")).json()
    read = set()
    for path, method, operation in operations(told):
        listing = path.rsplit("/", 1)[0]
        if method != "get" or "get" not in told["paths"].get(listing, {}):
            continue
        if not path.endswith("}"):
            continue
        caller = who_may(path, owner, aurora)
        for item in await caller.items(listing):
            answer = await caller.get(f"{listing}/{item['id']}")
            described = operation["responses"]["200"]["content"]["application/json"]["schema"]
            schema(told, described).validate(answer.json())
            listed = told["paths"][listing]["get"]["responses"]["200"]["content"]
            page = (await caller.get(listing)).json()
            schema(told, listed["application/json"]["schema"]).validate(page)
            read.add(listing.rsplit("/", 1)[1])
    assert read >= {"sessions", "payments", "settlements", "receipts", "entries", "tariffs"}


async def test_cdrs_are_read_in_the_version_that_is_asked_for(owner: Caller, paid: Payment) -> None:
    (cdr,) = await owner.items("/cdrs")
    assert (cdr["session_id"], cdr["total"]["minor"]) == (str(paid.session), 490)
    assert (cdr["credit_of"], cdr["credited_by"]) == (None, None)
    assert cdr["ocpi"]["total_cost"]["before_taxes"] == 3.9
    old = (await owner.get(f"/cdrs/{cdr['id']}?version=2.2.1")).json()
    assert old["ocpi"]["total_cost"] == {"excl_vat": 3.9, "incl_vat": 4.9}
    assert old["sha256"] == cdr["sha256"]
    assert await owner.items("/cdrs?credit=true") == []
    assert len(await owner.items(f"/cdrs?credit=false&session={paid.session}")) == 1

    older = await owner.get("/cdrs?version=2.1.1")
    assert (older.status_code, "2.2.1 and 2.3.0" in older.json()["detail"]) == (422, True)
    absent = await owner.get("/cdrs/no-such-cdr")
    assert absent.status_code == 404


async def test_a_held_session_is_decided_over_the_api(owner: Caller, scene: Scene) -> None:
    payment = await scene.pays(await scene.opens())
    await scene.starts(payment.token)
    await scene.ends(500_000)
    await scene.settles()
    (settlement,) = await owner.items("/settlements?state=held")
    path = f"/settlements/{settlement['id']}"

    await owner.post(f"{path}/try-again")
    await scene.settles()
    (again,) = await owner.items("/settlements?state=held")
    silent = await owner.post(f"{path}/decide", {"choice": "free", "reason": ""})
    done = await owner.post(f"{path}/decide", {"choice": "free", "reason": "A test"})
    await scene.settles()

    assert again["id"] == settlement["id"]
    assert silent.status_code == 422
    assert done.status_code == 200, done.text
    (settled,) = await owner.items("/settlements?state=done")
    assert settled["total"]["minor"] == 0


async def test_balances_are_of_any_moment_and_the_chain_has_heads(
    owner: Caller, paid: Payment, scene: Scene
) -> None:
    await ledger.seal(scene.begin)

    now = (await owner.get("/ledger/balances", params={"under": "revenue"})).json()
    before = (await owner.get("/ledger/balances?at=2026-03-01T00:00:00Z")).json()
    heads = (await owner.get("/ledger/heads")).json()

    assert [(line["account"], line["type"]) for line in now["lines"]] == [
        ("revenue:energy", "income")
    ]
    assert now["lines"][0]["balance"]["minor"] == -390
    assert (before["at"], before["lines"]) == ("2026-03-01T00:00:00Z", [])
    assert [(head["day"], head["link"]) for head in heads] == [("2026-03-02", 2)]
    assert len(heads[0]["head"]) == 64


async def test_a_month_is_closed_once_and_given_out(
    owner: Caller, paid: Payment, scene: Scene
) -> None:
    early = await owner.post("/ledger/months", {"month": "2026-03"})
    scene.clock.jump(timedelta(days=40))
    done = await owner.post("/ledger/months", {"month": "2026-03"})
    again = await owner.post("/ledger/months", {"month": "2026-03"})
    listed = (await owner.get("/ledger/months")).json()
    table = await owner.get("/ledger/months/2026-03/csv")
    datev = await owner.get("/ledger/months/2026-03/datev")

    assert (early.status_code, early.json()["code"]) == (409, "month_not_over")
    assert (done.status_code, done.json()["entries"]) == (201, 2)
    assert (again.status_code, again.json()["code"]) == (409, "month_closed")
    assert [each["month"] for each in listed] == ["2026-03"]
    assert len(table.text.splitlines()) == 4, "a head, and three postings of two entries"
    assert (datev.status_code, datev.json()["code"]) == (409, "no_bookkeeper")


async def test_the_check_of_the_books_and_its_findings_are_read_and_closed(
    owner: Caller, paid: Payment, scene: Scene
) -> None:
    assert (await owner.get("/ledger/check")).json() is None
    async with scene.begin() as work:
        await work.run("UPDATE payment SET refunded_minor = 5")
    await checking.check_books(scene.begin, heard_again, owner.party.id, asked_by="x", whole=True)

    check = (await owner.get("/ledger/check")).json()
    [finding] = (await owner.get("/ledger/findings")).json()
    path = f"/ledger/findings/{finding['id']}/close"
    closed = await owner.post(path, {"reason": "Given back in cash."})
    again = await owner.post(path, {"reason": "Again."})

    assert [part["invariant"] for part in check["parts"] if part["found"]] == ["2"]
    assert finding["about"] == f"payment:{paid.id}"
    assert (closed.status_code, closed.json()) == (200, [])
    assert again.status_code == 404


async def test_a_full_invoice_is_written_for_a_receipt_and_read_as_all_that_it_is(
    owner: Caller, paid: Payment
) -> None:
    (receipt,) = await owner.items(f"/receipts?payment={paid.id}")
    company = {
        "name": "Muster GmbH",
        "street": "Weg 1",
        "postal_code": "10115",
        "city": "Berlin",
        "country": "DE",
        "vat_id": "DE136695976",
    }

    made = await owner.post(f"/receipts/{receipt['id']}/invoice", company)

    assert made.status_code == 201, made.text
    invoice = made.json()
    assert (invoice["kind"], invoice["original_id"]) == ("invoice", receipt["id"])
    assert invoice["document"]["buyer"]["vat_id"] == "DE136695976"
    again = await owner.post(f"/receipts/{receipt['id']}/invoice", company)
    assert again.json()["id"] == invoice["id"]
    other = await owner.post(f"/receipts/{receipt['id']}/invoice", {**company, "name": "Other"})
    assert other.status_code == 409
    wrong = await owner.post(
        f"/receipts/{receipt['id']}/invoice", {**company, "vat_id": "FR40303265045"}
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "vat_id_of_another_country")
    (listed,) = await owner.items(f"/documents?original={receipt['id']}")
    assert (listed["relation"], listed["rounding"]) == ("replaces", "gross-leading")
    assert len(await owner.items("/documents")) == 2
    pdf = await owner.get(f"/documents/{invoice['id']}/pdf?locale=de")
    assert pdf.content.startswith(b"%PDF")
    page = await owner.get(f"/documents/{invoice['id']}/html?locale=de")
    assert "Rechnung" in page.text
    assert (await owner.get(f"/receipts/{invoice['id']}")).status_code == 404


async def test_what_did_not_change_is_not_adjusted_over_the_api(
    owner: Caller, paid: Payment
) -> None:
    (settlement,) = await owner.items("/settlements")

    answer = await owner.post(
        f"/settlements/{settlement['id']}/adjust", {"choice": "adjusted", "reason": "To try"}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_adjust")
