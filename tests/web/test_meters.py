"""Meter keys at the console, and a driver's own check, as a browser without scripts sees them."""

from datetime import timedelta

import msgspec

from tests.billing.test_invoicing import COMPANY
from tests.evidence.signing import BEGIN, END, Meter
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.conftest import sits_down
from voltway.billing import actions as billing
from voltway.billing import documents_invoice
from voltway.evidence import actions as evidence
from voltway.evidence.model import Verdict
from voltway.kernel.ids import SessionId, TransactionRef
from voltway.parties.model import Role
from voltway.payments.model import Visit
from voltway.sessions.sweeps import pack_readings
from voltway.stations.reports import Context, Metered, Reading

FIRST = {**BEGIN, "RV": 50.0}
LAST = {**END, "RV": 62.8}


async def a_signed_visit(scene: Scene, text: str) -> tuple[Visit, SessionId]:
    """A guest's charge of 12.8 kWh, of which the meter signed this."""
    visit = await scene.opens()
    payment = await scene.pays(visit)
    session = await scene.starts(payment.token)
    scene.clock.jump(timedelta(minutes=30))
    sample = ["Energy.Active.Import.Register", text, None, None, None, None, "SignedData"]
    rest = msgspec.json.encode(sample).decode()
    signed = Reading(scene.now, context=Context.OTHER, rest=rest)
    await scene.told(
        Metered(ref=TransactionRef("tx-1"), evse=1, readings=(signed,), at=scene.now, seq=1)
    )
    await scene.ends(62_800, seq=2)
    await scene.settles()
    return visit, session


async def test_an_operator_registers_changes_and_ends_the_key_of_a_meter(
    owner: Browser, scene: Scene
) -> None:
    old, new = Meter(), Meter()
    station = scene.station.station.identity
    assert "1 station without a key" in await owner.reads("/console/meters")

    wrong = await owner.sends("/console/meters/keys", station=station, key="no key")
    assert wrong.status_code == 422
    assert "no public key that we can read" in wrong.text
    assert "no key</textarea>" in wrong.text  # what was typed stays
    for field, value in (("evse", "one"), ("since", "yesterday")):
        answer = await owner.sends(
            "/console/meters/keys", station=station, key=old.public, **{field: value}
        )
        assert answer.status_code == 422
    nowhere = await owner.sends("/console/meters/keys", station="VW-NONE", key=old.public)
    assert nowhere.status_code == 404
    for key, since in ((old, ""), (new, "2026-03-02 13:00")):
        done = await owner.sends(
            "/console/meters/keys", station=station, key=key.public, evse="1", since=since
        )
        assert done.status_code == 303, done.text
    shown = await owner.reads("/console/meters")
    assert "0 stations without a key" in shown
    assert "secp256r1" in shown
    async with scene.begin() as work:
        last, first = await evidence.keys_of(work, scene.station.station.id)
    assert (first.holds_until, last.holds_until) == (last.holds_from, None)
    ended = await owner.sends(f"/console/meters/keys/{last.id}/end")
    assert ended.status_code == 303
    assert (await owner.sends(f"/console/meters/keys/{last.id}/end")).status_code == 409
    audit = await owner.reads("/console/people")
    assert "registered a meter's key" in audit
    assert "ended a meter's key" in audit


async def test_keys_come_out_of_the_register_and_only_owners_change_the_rule(
    browser: Browser, scene: Scene
) -> None:
    key = Meter()
    rows = (
        "Adresse,Postleitzahl Ort,Public Key1\n"
        f"Pohjoisesplanadi 1,00130 Helsinki,{key.public}\nHauptstr. 1,10115 Berlin,{key.public}\n"
    )
    await sits_down(browser, scene, Role.OPERATOR)
    told = await browser.sends("/console/meters/register", csv=rows)
    assert "1 registered, 0 known already, 1 left" in told.text
    assert "Berlin" in told.text
    assert (await browser.sends("/console/meters/register", csv="a,b\n")).status_code == 422
    assert (await browser.sends("/console/meters/rule", demanded="yes")).status_code == 403
    await sits_down(browser, scene, Role.VIEWER)
    assert (await browser.sends("/console/meters/keys", key=key.public)).status_code == 403
    await sits_down(browser, scene, Role.OWNER)
    assert (await browser.sends("/console/meters/rule", demanded="yes")).status_code == 303
    assert "Nobody is billed without valid signed data" in await browser.reads("/console/meters")


async def test_a_driver_s_page_and_file_are_there_once_the_meter_signed(
    owner: Browser, scene: Scene
) -> None:
    meter = Meter()
    async with scene.begin() as work:
        await evidence.register_key(work, scene.station.station.id, meter.public, by="Olga")
    visit, session = await a_signed_visit(scene, meter.ocmf(FIRST, LAST, TT="</textarea><b>"))
    path = f"/v/{visit.visit_key}"

    assert "Check this bill yourself" in await owner.reads(f"{path}/receipt")
    page = await owner.opens(f"{path}/check")
    assert "We say: valid" in await owner.reads(f"{path}/check")
    assert "</textarea><b>" not in page.text
    file = await owner.opens(f"{path}/signed.xml")
    assert file.headers["content-type"].startswith("application/xml")
    assert meter.public in file.text
    assert (await owner.opens(f"/console/sessions/{session}/signed.xml")).text == file.text
    assert "Signed by the meter Valid" in await owner.reads(f"/console/sessions/{session}")
    again = await owner.sends(f"/console/sessions/{session}/signed/check")
    assert again.status_code == 303
    async with scene.begin() as work:
        paid = await billing.invoice_of(work, session)
        kept = await evidence.dossier(work, session)
    assert paid is not None
    assert kept is not None
    made = await billing.invoice_for_company(scene.begin, None, paid.id, COMPANY)
    told = dict(documents_invoice.invoice(made.document).evidence)
    assert told[f"signed:{session}"] == kept.finding.sha256


async def test_whoever_decides_of_a_held_session_sees_what_the_meter_signed(
    owner: Browser, scene: Scene
) -> None:
    meter = Meter()
    async with scene.begin() as work:
        await evidence.register_key(work, scene.station.station.id, meter.public, by="Olga")
    _, session = await a_signed_visit(scene, meter.ocmf(FIRST, {**LAST, "RV": 60.5}))

    for page in (f"/console/review/sessions/{session}", "/console/review"):
        assert "The meter signed 10.500 kWh, and the readings say 12.800 kWh." in (
            await owner.reads(page)
        )
    said = await owner.reads(f"/console/review/sessions/{session}")
    assert "The meter signed 10.5 kWh. Valid" in said


async def test_signed_data_are_found_among_packed_readings_too(scene: Scene) -> None:
    meter = Meter()
    _, session = await a_signed_visit(scene, meter.ocmf(FIRST, LAST))
    async with scene.begin() as work:
        before = await evidence.dossier(work, session)
    assert before is not None
    assert before.finding.verdict is Verdict.UNCHECKED

    scene.clock.jump(timedelta(days=3))
    await pack_readings(scene.begin, after_h=1)
    async with scene.begin() as work:
        await evidence.register_key(work, scene.station.station.id, meter.public, by="Olga")
    await scene.settles()
    async with scene.begin() as work:
        after = await evidence.dossier(work, session)
    assert after is not None
    assert after.pieces == before.pieces
    assert after.finding.verdict is Verdict.VALID
    assert await evidence.forget_old(scene.begin, 10) == 0
    scene.clock.jump(timedelta(days=3_700))
    assert await evidence.forget_old(scene.begin, 10) == 1


async def test_what_strangers_paste_is_answered_and_never_breaks_the_page(
    browser: Browser,
) -> None:
    meter = Meter()
    for data, key, status, words in (
        (meter.ocmf(), meter.public, 200, "We say: valid"),
        (meter.ocmf(), "", 200, "We say: not checked"),
        (meter.ocmf(BEGIN), meter.public, 200, "We say: genuine, but not billable"),
        (meter.ocmf(), Meter().public, 200, "We say: not valid"),
        ("", "", 422, "Paste the signed data first"),
        (meter.ocmf(), "hello", 422, "no public key that we can read"),
        ("x" * 200_001, "", 422, "more data than one charge can have"),
        ("AP;0;3;A;B;C; " * 60, "", 422, "more records than one charge has"),
        ("<script>alert(1)</script>", meter.public, 200, "no signed meter data that we can read"),
        ("\0" * 50, "\0", 422, "no public key"),
    ):
        answer = await browser.sends("/check", data=data, key=key)
        assert answer.status_code == status, data[:40]
        assert words in answer.text.replace("</h2>", ""), (data[:40], answer.text[:2000])
        assert "<script>alert" not in answer.text
    assert (await browser.opens("/v/none/check")).status_code == 404
