"""A month ends: its statement is written once, mailed once with its PDF, proved and checked."""

import asyncio
import io
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pikepdf
import pytest

from tests.cli.test_admin import environment
from tests.stories.test_recomputed import CARD, some_sessions
from tests.stories.world import World
from voltway.billing import actions as billing
from voltway.billing import documents_proofs, documents_statement, monthly, proof
from voltway.billing.documents_proofs import DocumentProof
from voltway.billing.rules_buyer import GivenBuyer
from voltway.cli.main import app, run
from voltway.kernel.ids import InvoiceId, OnceKey
from voltway.ocpp.own_frames import StationDoor, mask
from voltway.parties import actions as parties
from voltway.parties.model import Role
from voltway_world.mail.box import content_of

FLEET = {
    "name": "Posti Kuljetus Oy",
    "street": "Postintaival 7",
    "postal_code": "00230",
    "city": "Helsinki",
    "country": "FI",
    "email": "fleet@posti.example",
    "locale": "fi",
}
COMPANY = GivenBuyer(
    name="Muster GmbH", street="Weg 1", postal_code="10115", city="Berlin", country="DE"
)


async def receipts(world: World) -> list[InvoiceId]:
    async with world.house.begin() as work:
        rows = await work.all("SELECT id FROM invoice_view ORDER BY number")
    return [InvoiceId(row["id"]) for row in rows]


async def numbers(world: World) -> dict[str, str]:
    """The numbers of what was issued last, by kind."""
    async with world.house.begin() as work:
        rows = await work.all("SELECT kind, number FROM document_view ORDER BY issued_at")
    return {row["kind"]: row["number"] for row in rows}


async def proved_by_the_api(world: World, number: str) -> bytes:
    """The proof of a document as the API gives it."""
    async with world.house.begin() as work:
        row = await work.one("SELECT id FROM document_view WHERE number = $1", number)
        _, key = await parties.add_api_key(work, world.party.id, name=number, role=Role.OWNER)
    assert row is not None
    answer = await world.browser.get(
        f"/api/v1/documents/{row['id']}/proof", headers={"Authorization": f"Bearer {key}"}
    )
    assert answer.status_code == 200, answer.text
    return answer.content


async def a_month_of_a_fleet(world: World) -> None:
    """Three sessions at the end of March: one is invoiced to a company, one credited in part."""
    world.clock.jump_to(datetime(2026, 3, 28, 10, tzinfo=ZoneInfo("Europe/Helsinki")))
    await world.prices({"type": "ENERGY", "price": 0.49}, {"type": "TIME", "price": 1.30})
    post = await world.station("2.0.1")
    await some_sessions(world, post)
    await world.bills(3)
    async with world.house.begin() as work:
        fleet = billing.new_customer(work, world.party.id, FLEET)
        await billing.add_customer(work, fleet)
        await billing.give_cards(work, fleet.id, [CARD])
    first, second, _ = await receipts(world)
    await billing.invoice_for_company(world.house.begin, None, first, COMPANY)
    for minor, once in ((100, "a"), (50, "b")):
        async with world.house.begin() as work:
            await billing.credit_receipt(
                work, second, minor, reason="The bay was dark", once=OnceKey(once)
            )


async def test_a_month_ends_and_its_statement_is_written_mailed_proved_and_checked_once(
    world: World, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await a_month_of_a_fleet(world)
    world.clock.jump_to(datetime(2026, 4, 3, 8, tzinfo=ZoneInfo("Europe/Helsinki")))

    for _ in range(2):
        await monthly.write_due(world.house.begin)
    mails = await world.mail.box.wait_for(FLEET["email"], count=4)

    [statement] = [each for each in mails if "kuukausilaskunne" in each.subject.lower()]
    [pdf] = list(statement.message.iter_attachments())
    with pikepdf.open(io.BytesIO(content_of(pdf))) as opened:
        assert len(opened.pages) == 1
    known = await numbers(world)
    assert pdf.get_filename() == f"{known['statement']}.pdf"
    for kind, says in (
        ("statement", "Posti Kuljetus"),
        ("invoice", "Muster GmbH"),
        ("credit_note", "The bay was dark"),
    ):
        written = tmp_path / f"{kind}.proof.json"
        with environment(VOLTWAY_DATABASE_URL=database_url):
            proves = ["prove", known[kind], "--out", str(written)]
            assert await asyncio.to_thread(run, app, proves) == 0
        capsys.readouterr()
        assert run(app, ["check", str(written)]) == 0
        told = capsys.readouterr().out
        assert f"The bill {known[kind]} is right:" in told
        assert "NOT" not in told
        raw = written.read_text()
        assert raw.encode() == await proved_by_the_api(world, known[kind])
        assert CARD not in raw
        assert mask(CARD) in raw
        forged = tmp_path / "forged.json"
        forged.write_text(raw.replace(says, says[::-1]))
        assert forged.read_text() != raw
        assert run(app, ["check", str(forged), "--quiet"]) == 1
    assert len(world.mail.box.to(FLEET["email"])) == 4, (
        "two credit notes, the invoice, the statement"
    )


async def test_where_frames_are_gone_a_statement_shows_its_receipts_and_an_invoice_is_refused(
    world: World,
) -> None:
    await a_month_of_a_fleet(world)
    world.clock.jump_to(datetime(2026, 4, 3, 8, tzinfo=ZoneInfo("Europe/Helsinki")))
    await monthly.write_due(world.house.begin)
    await world.mail.box.wait_for(FLEET["email"], count=4)
    async with world.house.begin() as work:
        await work.run("DELETE FROM frame_batch")
        await work.run("DELETE FROM frame_pack")
    known = await numbers(world)

    async def prove(kind: str) -> DocumentProof:
        async with world.house.begin() as work:
            row = await work.one("SELECT id FROM document_view WHERE number = $1", known[kind])
            assert row is not None
            raw = await billing.prove(work, StationDoor(), InvoiceId(row["id"]))
        made = documents_proofs.read(raw)
        assert isinstance(made, DocumentProof)
        return made

    made = await prove("statement")
    lines = documents_statement.statement(made.document.text).charges
    assert (len(made.sessions), len(made.bare), len(made.credits), len(lines)) == (0, 2, 2, 4)
    for kind in ("invoice", "credit_note"):
        with pytest.raises(proof.FramesGone):
            await prove(kind)
