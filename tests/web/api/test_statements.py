"""Customers, statements and runs by the API."""

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from tests.billing.months import GIVEN, a_card, charges, in_month
from tests.payments.scene import Scene, a_scene
from tests.web.api.conftest import Caller
from voltway.billing import monthly, runs
from voltway.parties.model import Party
from voltway.payments.providers.simulated import SimulatedProvider
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway_world.provider import ProviderServer

CUSTOMER = {**GIVEN, "due_days": 14}


@pytest.fixture
async def bank(tmp_path: Path) -> AsyncIterator[ProviderServer]:
    async with ProviderServer(tmp_path / "provider", webhook_delay_s=0.01) as server:
        yield server


@pytest.fixture
async def scene(
    database: Database, clock: JumpingClock, bank: ProviderServer, provider: SimulatedProvider
) -> AsyncIterator[Scene]:
    async with a_scene(database, clock, bank, provider) as made:
        made.jobs.handle(runs.JOB, monthly.write_job)
        yield made


@pytest.fixture
def party(scene: Scene) -> Party:
    return scene.station.party


async def test_a_month_is_written_and_taken_out_by_the_api(
    owner: Caller, stranger: Caller, scene: Scene
) -> None:
    card = await a_card(scene, "04AAAA01", "Van 7")
    customer = (await owner.post("/customers", CUSTOMER)).json()
    given = await owner.post(f"/customers/{customer['id']}/cards", {"uids": ["04aaaa01"]})
    assert given.json()["tokens"] == 1
    assert [each["label"] for each in await owner.items(f"/customers/{customer['id']}/cards")] == [
        "Van 7"
    ]
    await charges(scene, card, "2026-03-05T10:00")
    scene.clock.jump_to(in_month(scene, "2026-03").ends)

    run = (await owner.post("/runs", {"kind": "statements", "month": "2026-03"})).json()
    await scene.settles()

    assert (await owner.get(f"/runs/{run['id']}")).json()["state"] == "done"
    [one] = await owner.items("/statements?month=2026-03")
    assert (one["recipient"], one["total"]["minor"], one["lines"]) == ("Posti Kuljetus Oy", 489, 1)
    whole = (await owner.get(f"/statements/{one['id']}")).json()
    assert whole["document"]["charges"][0]["vehicle"] == "Van 7"
    pdf = await owner.get(f"/statements/{one['id']}/pdf?locale=nl")
    assert pdf.content.startswith(b"%PDF")
    zipped = (await owner.post("/runs", {"kind": "archive", "month": "2026-04"})).json()
    answer = await owner.get(f"/runs/{zipped['id']}/documents.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as made:
        assert len(made.namelist()) == 3
    for path in (f"/customers/{customer['id']}", f"/statements/{one['id']}", f"/runs/{run['id']}"):
        assert (await stranger.get(path)).status_code == 404
    assert (await stranger.get(f"/runs/{zipped['id']}/documents.zip")).status_code == 404


REFUSED: list[tuple[str, dict[str, object], int]] = [
    ("/customers", {**CUSTOMER, "vat_id": "FI12345678"}, 422),
    ("/customers", {**CUSTOMER, "country": "Finland"}, 422),
    (f"/customers/{UUID(int=1)}/cards", {"uids": ["04AAAA01"]}, 404),
    ("/runs", {"kind": "statements", "month": "2026-13"}, 422),
    ("/runs", {"kind": "statements", "month": "2026-03"}, 409),
    ("/runs", {"kind": "everything", "month": "2026-02"}, 422),
]


async def test_what_cannot_be_is_refused(owner: Caller) -> None:
    for path, body, status in REFUSED:
        assert (await owner.post(path, body)).status_code == status, (path, body)


async def test_a_run_that_writes_has_nothing_to_download(owner: Caller, scene: Scene) -> None:
    run = (await owner.post("/runs", {"kind": "statements", "month": "2026-02"})).json()

    answer = await owner.get(f"/runs/{run['id']}/documents.zip")

    assert answer.status_code == 409
    assert answer.json()["code"] == "not_an_archive"


async def test_where_documents_go_and_when_months_are_written_is_said_by_the_api(
    owner: Caller, stranger: Caller, scene: Scene
) -> None:
    card = await a_card(scene, "04AAAA01", "Van 7")
    customer = (await owner.post("/customers", CUSTOMER)).json()
    await owner.post(f"/customers/{customer['id']}/cards", {"uids": ["04aaaa01"]})
    reach = {"email": "a@b.example", "locale": "de", "wants_xrechnung": True}
    changed = await owner.post(f"/customers/{customer['id']}/reach", reach)
    assert (changed.json()["email"], changed.json()["wants_xrechnung"]) == ("a@b.example", True)
    assert (await stranger.post(f"/customers/{customer['id']}/reach", reach)).status_code == 404

    first, second = (await owner.get("/schedules")).json()
    assert [first["kind"], second["kind"]] == ["statements", "settlements"]
    assert (first["is_on"], first["day"], first["next"]) == (True, 3, "2026-03-01")
    assert first["due_at"] == "2026-04-03T04:00:00Z"
    later = {"kind": "statements", "is_on": True, "day": 5}
    assert (await owner.post("/schedules", later)).json()["due_at"] == "2026-04-05T04:00:00Z"
    assert (await owner.post("/schedules", {**later, "next": "2026-04"})).status_code == 422

    await charges(scene, card, "2026-03-05T10:00")
    scene.clock.jump_to(in_month(scene, "2026-03").ends)
    await owner.post("/runs", {"kind": "statements", "month": "2026-03"})
    await scene.settles()
    [one] = await owner.items("/statements?month=2026-03")
    assert (await owner.get(f"/documents/{one['id']}/mails")).json() == []
    sent = (await owner.post(f"/documents/{one['id']}/mails", {})).json()
    assert (sent["to"], sent["state"], sent["with_xrechnung"]) == ("a@b.example", "queued", True)
    assert (await owner.get(f"/documents/{one['id']}/mails")).json() == [sent]
    for answer in (
        await stranger.get(f"/documents/{one['id']}/mails"),
        await stranger.post(f"/documents/{one['id']}/mails", {}),
    ):
        assert answer.status_code == 404
