"""A meter that signs, from the plug to a receipt that its driver can check."""

from base64 import b64decode
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.billing import ocpi_strict
from tests.network import a_station, number
from tests.stories.world import Post, World
from voltway.billing import actions as billing
from voltway.billing import cdrs, documents, ocpi_cdr
from voltway.billing.model import SettlementState
from voltway.billing.rules_review import Choice
from voltway.evidence import actions as evidence
from voltway.evidence import container, rules
from voltway.evidence.keys import read_key
from voltway.evidence.model import Dossier, Verdict
from voltway.kernel.ids import SessionId
from voltway_world.stations import EvseSpec, Options, SigningMeter, Station

both_versions = pytest.mark.parametrize("version", ["1.6", "2.0.1"])


async def a_signing_station(world: World, version: str, meter: SigningMeter) -> Post:
    async with world.house.begin() as work:
        inside = await a_station(work, world.party, evses=1)
    outside = Station(
        world.house.ocpp,
        inside.station.identity,
        inside.key,
        version,
        [EvseSpec(1, 22_000, meter=meter)],
        clock=world.clock.now,
        options=Options(tick_s=0, meter_interval_s=0, reconnect_s=0.05),
    )
    await world.stack.enter_async_context(outside)
    await world.within(outside.online())
    return Post(outside, inside)


async def registers(world: World, post: Post, key: str) -> None:
    async with world.house.begin() as work:
        await evidence.register_key(work, post.inside.station.id, key, by="Olga", evse_number=1)


async def demands_proof(world: World) -> None:
    async with world.house.begin() as work:
        await evidence.set_demand(work, world.party.id, demanded=True, by="Olga")


async def charges(world: World, post: Post, wh: int = 12_800) -> SessionId:
    card = await world.card(f"04A1B2C3{number():06X}")
    noon = world.clock.now()
    await world.within(post.outside.start(1, card, 2_851_485, noon))
    world.clock.jump(timedelta(minutes=60))
    await world.within(post.outside.stop(1, 2_851_485 + wh, world.clock.now()))
    return (await world.sessions())[-1]["id"]  # type: ignore[no-any-return]


async def held_because(world: World, session: SessionId) -> str:
    async def held() -> str:
        async with world.house.begin() as work:
            found = await billing.settlement_of(work, session)
        is_held = found is not None and found.state is SettlementState.HELD
        return (found.last_trouble or "") if found is not None and is_held else ""

    said: str = await world.until("settlement:*", held)
    return said


async def kept(world: World, session: SessionId) -> Dossier:
    async with world.house.begin() as work:
        found = await evidence.dossier(work, session)
    assert found is not None
    return found


async def receipt(world: World, session: SessionId) -> documents.Receipt:
    await world.bills(1)
    async with world.house.begin() as work:
        invoice = await billing.invoice_of(work, session)
        cdr = await billing.cdr_of(work, session)
    assert invoice is not None
    assert cdr is not None
    made = documents.receipt(invoice.document)
    assert made.signed == documents.cdr(cdr.document).signed
    return made


@both_versions
async def test_a_signed_session_has_its_verdict_on_the_receipt_and_its_data_in_the_file(
    world: World, version: str
) -> None:
    await world.prices({"type": "ENERGY", "price": 0.50})
    meter = SigningMeter("1VLT0001")
    post = await a_signing_station(world, version, meter)
    await registers(world, post, meter.public_key)
    await demands_proof(world)

    session = await charges(world, post)

    made = await receipt(world, session)
    dossier = await kept(world, session)
    assert made.signed is not None
    assert (made.signed.verdict, made.signed.energy_wh) == ("valid", "12800.000")
    assert (made.total_minor, made.signed.meter) == (640, "1VLT0001")
    [piece] = dossier.pieces
    assert made.signed.sha256 == rules.sha256([piece.text])
    file = evidence.transparency_file(dossier)
    assert ElementTree.fromstring(file).findtext("value/publicKey") == meter.public_key
    again = rules.judge(container.unwrapped(file), read_key(meter.public_key))
    assert again.verdict is Verdict.VALID
    async with world.house.begin() as work:
        billed = await billing.cdr_of(work, session)
        assert billed is not None
        await cdrs.freeze(work, [billed])
        [partner] = await billing.kept_cdrs_of(work, session)
    for ocpi in ocpi_cdr.VERSIONS:
        told = ocpi_strict.read(ocpi_cdr.json_text(partner.record, ocpi), ocpi).signed_data
        assert told is not None
        assert told.encoding_method == "OCMF"
        assert b64decode(told.signed_values[0].signed_data).decode() == piece.text
    shown = billing.receipt_view(documents.frozen(made)[0], "de")
    assert shown.meter_title == "Vom Zähler signiert, und es stimmt überein"
    assert "12,80 kWh (OCMF)" in shown.meter
    assert any(made.signed.sha256 in way for way in shown.check)


async def test_a_forged_reading_is_held_where_the_law_demands_proof_and_else_told(
    world: World,
) -> None:
    await world.prices({"type": "ENERGY", "price": 0.50})
    meter = SigningMeter("1VLT0002", forges_wh=5_000)
    post = await a_signing_station(world, "1.6", meter)
    await registers(world, post, meter.public_key)

    told = await charges(world, post)
    made = await receipt(world, told)
    assert made.signed is not None
    assert (made.signed.verdict, made.signed.flaws) == ("invalid", ("signature_wrong",))
    assert made.total_minor == 640

    await demands_proof(world)
    why = await held_because(world, await charges(world, post))
    assert why == "The signature does not fit this data and this key: one was changed."
    silent = await charges(world, await world.station("1.6"))
    assert "sent no signed meter data" in await held_because(world, silent)
    async with world.house.begin() as work:
        assert await evidence.dossier(work, silent) is None


async def test_a_session_without_its_key_waits_and_is_checked_anew_when_the_key_is_there(
    world: World,
) -> None:
    await world.prices({"type": "ENERGY", "price": 0.50})
    meter = SigningMeter("1VLT0003", curve=ec.SECP384R1())
    post = await a_signing_station(world, "2.0.1", meter)
    await demands_proof(world)

    session = await charges(world, post)
    why = await held_because(world, session)
    assert why.startswith("No key is registered for this meter")
    assert (await kept(world, session)).finding.verdict is Verdict.UNCHECKED

    await registers(world, post, meter.public_key)

    async def is_valid() -> bool:
        return (await kept(world, session)).finding.verdict is Verdict.VALID

    await world.until("session:*", is_valid)
    async with world.house.begin() as work:
        settlement = await billing.settlement_of(work, session)
        assert settlement is not None
        await billing.try_again(work, settlement.id)
    made = await receipt(world, session)
    assert made.signed is not None
    assert made.signed.verdict == "valid"


async def test_energy_that_the_meter_did_not_sign_goes_to_review(world: World) -> None:
    await world.prices({"type": "ENERGY", "price": 0.50})
    honest = SigningMeter("1VLT0004")
    post = await a_signing_station(world, "1.6", honest)
    await registers(world, post, honest.public_key)
    card = await world.card("04A1B2C3D4E5F7")
    noon = world.clock.now()
    session = await world.within(post.outside.start(1, card, 1_000, noon))
    world.clock.jump(timedelta(minutes=60))
    session.start_wh = 3_000  # what the meter itself read at the beginning
    await world.within(post.outside.stop(1, 11_000, world.clock.now()))

    id = SessionId((await world.sessions())[-1]["id"])
    why = await held_because(world, id)
    assert why == "The meter signed 8.000 kWh, and the readings say 10.000 kWh."
    async with world.house.begin() as work:
        held = await billing.settlement_of(work, id)
        assert held is not None
        await billing.decide(
            work, held.id, Choice.ENERGY, reason="As it signed.", by="Olga", energy_wh=8_000
        )
    made = await receipt(world, id)
    assert (made.visit.energy_wh, made.total_minor) == (8_000, 400)
