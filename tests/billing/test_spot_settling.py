"""A price that follows a market is billed by what the market asked, or not before it is known."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.billing.words import charged, receipt, state
from tests.payments.scene import Scene
from voltway.billing import actions, views
from voltway.billing.model import SettlementState
from voltway.kernel.ids import PartyId, TransactionRef
from voltway.kernel.money import EUR
from voltway.sessions import actions as sessions
from voltway.stations.reports import Context, Metered
from voltway.tariffs import actions as tariffs
from voltway.tariffs import actions_spot
from voltway.tariffs.model import SpotPrice

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)

SPOT = """{"id": "DAY", "currency": "EUR", "tax_included": "YES", "elements": [
    {"price_components": [{"type": "ENERGY", "price": 0.60, "vat": 25.5, "step_size": 1,
     "voltway_spot": {"series": "FI", "markup": 0.10, "mode": "dynamic"}}]},
    {"price_components": [{"type": "PARKING_TIME", "price": 6.00, "vat": 25.5, "step_size": 60}],
     "voltway_idle": {"grace": 600, "cap": 2.00}}]}"""


async def follows(scene: Scene, *prices: str) -> PartyId:
    """From now on the bay's price follows a market that asks so, a quarter of an hour each."""
    party = scene.station.party.id
    async with scene.begin() as work:
        await tariffs.add_version(work, party, SPOT)
    await asks(scene, *prices)
    return party


async def asks(scene: Scene, *prices: str, after: int = 0) -> None:
    begins = NOON + after * QUARTER
    told = [
        SpotPrice(begins + nth * QUARTER, begins + (nth + 1) * QUARTER, Decimal(price))
        for nth, price in enumerate(prices)
    ]
    async with scene.begin() as work:
        await actions_spot.import_prices(work, scene.station.party.id, "FI", EUR, told)


async def test_each_quarter_of_an_hour_is_billed_at_its_own_price(scene: Scene) -> None:
    await follows(scene, "0.05", "0.10", "0.20", "0.30", "0.30")
    _, _, session = await charged(scene)  # 20 kWh in an hour, from noon
    async with scene.begin() as work:
        _, estimate = await sessions.cost_so_far(work, session)

    await scene.settles()

    _, made = await receipt(scene, session)
    assert made.total_minor == estimate.payable.minor == 525  # 5 x (0.15 + 0.20 + 0.30 + 0.40)
    assert [(line.price, line.volume) for line in made.lines] == [
        ("0.15", "5"),
        ("0.2", "5"),
        ("0.3", "5"),
        ("0.4", "5"),
    ]


@pytest.mark.parametrize(
    ("stands", "minutes", "fee", "says"),
    [
        (10, "", 0, ""),
        (25, "15", 150, "(the first 10 min of each stop are free; at most €2.00)"),
        (60, "20", 200, "(the first 10 min of each stop are free; at most €2.00; 50 min used, "),
    ],
)
async def test_an_idle_fee_is_free_at_first_capped_and_itemised(
    scene: Scene, stands: int, minutes: str, fee: int, says: str
) -> None:
    await follows(scene, *["0.10"] * 12)
    visit = await scene.opens()
    session = await scene.starts((await scene.pays(visit)).token)
    scene.clock.jump(timedelta(minutes=30))
    full = (scene.reading(60_000, Context.PERIODIC),)
    await scene.told(
        Metered(
            ref=TransactionRef("tx-1"),
            evse=1,
            readings=full,
            at=scene.now,
            seq=1,
            charging=False,
            by_vehicle=True,
        )
    )
    await scene.ends(60_000, minutes=stands, seq=2)
    await scene.settles()

    invoice, made = await receipt(scene, session)
    assert made.total_minor == scene.moved_minor == 200 + fee
    rows = [(row.what, row.how) for row in views.view(made, invoice.sha256, "en").rows]
    idle = [how for what, how in rows if what == "Idle time"]
    if not fee:
        assert idle == []
    else:
        assert idle[0].replace("\u00a0", " ").startswith(f"{minutes} min × €0.10 {says}")  # noqa: RUF001


async def test_a_hole_in_the_prices_holds_the_bill_until_it_is_filled(scene: Scene) -> None:
    await follows(scene, "0.05", "0.10", "0.20")
    _, _, session = await charged(scene)
    async with scene.begin() as work:
        _, guess = await sessions.cost_so_far(work, session)
    await scene.bus.catch_up()
    await scene.jobs.catch_up()

    assert guess.payable.minor == 625  # the last quarter at the most it can be
    assert await state(scene, session) is SettlementState.RESTING
    async with scene.begin() as work:
        waits = await actions.settlement_of(work, session)
    assert waits is not None
    assert waits.last_trouble == (
        "The price of the market FI at 2026-03-02 12:45 UTC is not known, so what was used then "
        "cannot be billed yet."
    )
    assert scene.moved_minor == 0

    await asks(scene, "0.30", after=3)
    scene.clock.jump(timedelta(hours=3))
    await actions.wake_resting(scene.begin)
    await scene.settles()

    _, made = await receipt(scene, session)
    assert made.total_minor == scene.moved_minor == 525


async def test_a_correction_after_the_bill_changes_nothing_when_it_is_made_again(
    scene: Scene,
) -> None:
    party = await follows(scene, "0.05", "0.10", "0.20", "0.30", "0.30")
    _, _, session = await charged(scene)
    await scene.settles()
    begins = scene.now - timedelta(hours=1)
    async with scene.begin() as work:
        told = [SpotPrice(begins, begins + QUARTER, Decimal("0.99"))]
        await actions_spot.import_prices(work, party, "FI", EUR, told, correct=True)
    async with scene.begin() as work:
        _, again = await sessions.cost_so_far(work, session, guess=False)

    assert again.payable.minor == 525
