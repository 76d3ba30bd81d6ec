"""Cars that show themselves: offered to whom they can only belong, limited, and guarded."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.network import a_location, a_station
from tests.payments.scene import Scene
from voltway.alerts.cars import hears_car_spoofed
from voltway.billing import autocharge, budgets
from voltway.billing.autocharge import CarSpoofed
from voltway.billing.rules_cars import Seen, km_between, spoofed
from voltway.drivers import actions as drivers
from voltway.drivers import cars, contracts
from voltway.drivers.model import Bar, Token, TokenKind
from voltway.kernel.ids import DriverId, TokenUid
from voltway.sessions.model import SessionStarted

MAC = "001122AABBCC"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HELSINKI = Seen(60.17, 24.94, "Helsinki", NOON)
TAMPERE = Seen(61.50, 23.76, "Tampere", None)


@pytest.mark.parametrize(
    ("uid", "mac"),
    [
        ("VID:001122AABBCC", MAC),
        ("vid:00-11-22-aa-bb-cc", MAC),
        ("VID001122AABBCC", MAC),
        ("001122AABBCC", None),
        ("VID:001122AABB", None),
        ("VID:001122AABBCG", None),
        ("VID:", None),
    ],
)
def test_a_car_is_known_by_its_address_however_it_is_written(uid: str, mac: str | None) -> None:
    assert cars.mac_of(uid) == mac


@pytest.mark.parametrize(
    ("mac", "good"),
    [
        (MAC, True),
        ("000000000000", False),
        ("FFFFFFFFFFFF", False),
        ("021122AABBCC", False),
        ("011122AABBCC", False),
    ],
)
def test_an_address_that_is_made_up_is_no_car(mac: str, good: bool) -> None:
    assert cars.is_of_one_car(mac) is good


def test_a_car_that_drove_there_is_not_spoofed_and_one_that_cannot_have_is() -> None:
    assert 155 < km_between(HELSINKI, TAMPERE) < 165
    assert spoofed(HELSINKI, TAMPERE, NOON + timedelta(minutes=90)) is None
    assert spoofed(HELSINKI, TAMPERE, NOON + timedelta(minutes=30)) == (
        "It ended at Helsinki and began 30 min later at Tampere, 161 km away."
    )
    assert spoofed(HELSINKI, HELSINKI, NOON) is None
    assert spoofed(TAMPERE, HELSINKI, NOON) == (
        "It charges at Tampere still, and began at Helsinki too."
    )


async def a_driver(scene: Scene) -> tuple[DriverId, Token]:
    scene.bus.watch_many("billing.cars", [SessionStarted], autocharge.hears_session_started)
    scene.bus.watch_many("alerts.cars", [CarSpoofed], hears_car_spoofed)
    party = scene.station.party.id
    async with scene.begin() as work:
        driver = await contracts.add_driver(work, party, "Ben", "ben@example.org")
        contract = await contracts.add_contract(work, party, "FI-VLT-C1", driver=driver.id)
        token = await drivers.add_token(work, party, "04A1B2C3")
        token = await contracts.stands_for(work, token.id, contract.id)
    return driver.id, token


async def shows_itself(scene: Scene, mac: str = MAC) -> None:
    async with scene.begin() as work:
        shown = cars.CarShown(scene.station.party.id, scene.station.station.id, mac)
        await cars.note_seen(work, [shown])


async def offers(scene: Scene, driver: DriverId) -> list[str]:
    async with scene.begin() as work:
        rows = await autocharge.offers_to(work, scene.station.party.id, driver)
    return [str(row["id"]) for row in rows]


async def test_a_car_is_offered_to_who_charged_there_next_and_then_charges_within_a_budget(
    scene: Scene,
) -> None:
    ben, card = await a_driver(scene)
    party = scene.station.party.id
    await shows_itself(scene)
    scene.clock.jump(timedelta(minutes=1))
    await scene.starts(card.uid)
    await scene.settles()
    [offer] = await offers(scene, ben)

    async with scene.begin() as work:
        token = await autocharge.accept(work, party, ben, UUID(offer), by="ben@example.org")
        [budget] = await budgets.of_party(work, party)
        with pytest.raises(autocharge.NoSuchOffer):
            await autocharge.decline(work, party, ben, UUID(offer), by="ben@example.org")

    assert (token.kind, token.driver, token.uid) == (TokenKind.VEHICLE, ben, f"VID:{MAC}")
    assert (budget.subject, budget.amount_minor) == (token.id, 10_000)
    assert await offers(scene, ben) == []


@pytest.mark.parametrize("why", ["late", "two cars", "somebody else", "made up"])
async def test_a_car_that_may_be_anybodys_is_offered_to_nobody(scene: Scene, why: str) -> None:
    ben, card = await a_driver(scene)
    await shows_itself(scene, "021122AABBCC" if why == "made up" else MAC)
    if why == "two cars":
        await shows_itself(scene, "001122AABBCD")
    if why == "somebody else":
        await scene.starts(TokenUid("DEADBEEF"), ref="other")
        await scene.ends(50_000, ref="other")
    scene.clock.jump(timedelta(minutes=6 if why == "late" else 1))
    await scene.starts(card.uid)
    await scene.settles()

    assert await offers(scene, ben) == []


async def a_car(scene: Scene) -> Token:
    _, card = await a_driver(scene)
    async with scene.begin() as work:
        car = await drivers.add_token(
            work, card.party, cars.uid_of(MAC), kind=TokenKind.VEHICLE, label="Car AABB"
        )
        assert card.contract is not None
        return await contracts.stands_for(work, car.id, card.contract)


async def bars(scene: Scene, car: Token) -> frozenset[Bar]:
    async with scene.begin() as work:
        key = (car.party, car.uid)
        return (await drivers.tokens_of(work, {key}))[key].bars


async def test_a_copied_address_is_stopped_barred_and_told_until_somebody_has_looked(
    scene: Scene,
) -> None:
    car = await a_car(scene)
    await scene.starts(car.uid, ref="here")
    await scene.settles()
    home = scene.station
    async with scene.begin() as work:
        far = await a_location(work, home.party, name="Tampere")
        await work.run("UPDATE location SET lat = 61.5, lon = 23.76 WHERE id = $1", far.id)
        scene.station = await a_station(work, home.party, identity="VLT-FAR", location=far)

    await scene.starts(car.uid, ref="there")
    await scene.settles()

    async with scene.begin() as work:
        stopped = await work.all("SELECT placed_by, station_id FROM order_view")
        found = await work.all("SELECT said FROM car_finding_view")
        told = await work.all("SELECT recipient FROM alert_view WHERE template = 'car'")
    assert [(row["placed_by"], row["station_id"]) for row in stopped] == [
        ("guard", scene.station.station.id)
    ]
    assert [row["said"] for row in found] == [
        "It charges at Market Square still, and began at Tampere too."
    ]
    assert [row["recipient"] for row in told] == ["ben@example.org"]
    assert await bars(scene, car) == {Bar.TWO_PLACES}

    async with scene.begin() as work:
        with pytest.raises(autocharge.NoReason):
            await autocharge.let_charge(work, car.party, car.id, why="", by="Aino")
        await autocharge.let_charge(work, car.party, car.id, why="He called", by="Aino")
    assert await bars(scene, car) == frozenset()


async def test_a_car_that_charges_again_at_the_same_place_is_left_alone(scene: Scene) -> None:
    car = await a_car(scene)
    for ref in ("a", "b"):
        await scene.starts(car.uid, ref=ref)
        scene.clock.jump(timedelta(minutes=10))
        await scene.ends(51_000, ref=ref)
        await scene.settles()

    async with scene.begin() as work:
        assert not await work.all("SELECT said FROM car_finding_view")
    assert await bars(scene, car) == frozenset()
