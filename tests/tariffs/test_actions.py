"""Versions that never change, assignments that say why, on a real PostgreSQL."""

import asyncio
import json
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import asyncpg
import pytest

from tests.network import a_party
from voltway.kernel.ids import LocationId, PartyId, StationId, TariffId
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork, Work
from voltway.tariffs import actions
from voltway.tariffs.actions import NoSuchTariff, NoSuchTariffVersion
from voltway.tariffs.documents import BadField, NotJson
from voltway.tariffs.model_versions import TariffVersion

LOCATION, STATION = LocationId(uuid4()), StationId(uuid4())
DAY = timedelta(days=1)


def ocpi(price: str, *, ident: str = "DAY", **more: object) -> str:
    """A tariff's document, its price with the very digits given."""
    component = '{"type": "ENERGY", "price": ' + price + ', "step_size": 1}'
    rest = "".join(f", {json.dumps(name)}: {json.dumps(value)}" for name, value in more.items())
    return (
        f'{{"id": "{ident}", "currency": "EUR", "elements": '
        f'[{{"price_components": [{component}]}}]{rest}}}'
    )


def price_of(version: TariffVersion) -> Decimal:
    return version.tariff.elements[0].price_components[0].price


async def party_of(work: Work) -> PartyId:
    return (await a_party(work)).id


async def test_a_tariff_is_kept_as_it_was_given(begin: BeginWork) -> None:
    document = ocpi("0.4900000000")
    async with begin() as work:
        added = await actions.add_version(work, await party_of(work), document)

    async with begin() as work:
        kept = await work.one("SELECT document FROM tariff_view WHERE id = $1", added.id)
        read = await actions.version(work, added.id)

    assert kept is not None
    assert kept["document"] == document
    assert str(read.elements[0].price_components[0].price) == "0.4900000000"


async def test_a_change_is_a_new_version_and_the_old_one_stays(
    begin: BeginWork, clock: JumpingClock
) -> None:
    async with begin() as work:
        party = await party_of(work)
        first = await actions.add_version(work, party, ocpi("0.40"))
        await actions.assign(work, party, "DAY")
    clock.jump(DAY)
    async with begin() as work:
        second = await actions.add_version(work, party, ocpi("0.50"))
        again = await actions.add_version(work, party, ocpi("0.50"))
        here = (party, LOCATION, STATION)
        before = await actions.tariff_for(work, {here}, work.now - timedelta(seconds=1))
        after = await actions.tariff_for(work, {here}, work.now)

    assert (first.version, second.version, again.id) == (1, 2, second.id)
    assert (before[here].version_id, after[here].version_id) == (first.id, second.id)
    async with begin() as work:
        assert (await actions.version_record(work, first.id)).tariff == first.tariff


async def test_a_later_version_does_not_begin_in_the_past(begin: BeginWork) -> None:
    async with begin() as work:
        party = await party_of(work)
        long_ago = work.now - 30 * DAY
        first = await actions.add_version(work, party, ocpi("0.40"), valid_from=long_ago)
        second = await actions.add_version(work, party, ocpi("0.50"), valid_from=long_ago)
        await actions.assign(work, party, "DAY", since=long_ago)
        again = await actions.assign(work, party, None, since=long_ago)

        assert (first.valid_from, second.valid_from) == (long_ago, work.now)
        assert again.since == work.now


async def test_versions_added_at_once_are_numbered_without_a_gap(begin: BeginWork) -> None:
    async with begin() as work:
        party = await party_of(work)

    async def add(price: int) -> int:
        async with begin() as work:
            return (await actions.add_version(work, party, ocpi(f"0.{price}"))).version

    numbers = await asyncio.gather(*(add(price) for price in range(10, 16)))

    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "order",
    [
        "UPDATE tariff_version SET document = '{}'",
        "TRUNCATE tariff_version",
        "DELETE FROM tariff_assignment",
    ],
)
async def test_the_database_refuses_to_change_a_tariff(begin: BeginWork, order: str) -> None:
    async with begin() as work:
        party = await party_of(work)
        await actions.add_version(work, party, ocpi("0.40"))
        await actions.assign(work, party, "DAY")

    with pytest.raises(asyncpg.PostgresError):
        async with begin() as work:
            await work.run(order)


async def test_the_most_specific_assignment_holds_and_says_why(begin: BeginWork) -> None:
    async with begin() as work:
        party = await party_of(work)
        for ident in ("PARTY", "PLACE", "STATION"):
            await actions.add_version(work, party, ocpi("0.40", ident=ident))
        await actions.assign(work, party, "PARTY")
        await actions.assign(work, party, "PLACE", location=LOCATION)
        await actions.assign(work, party, "STATION", station=STATION)
        other = StationId(uuid4())
        places = {
            "STATION": (party, LOCATION, STATION),
            "PLACE": (party, LOCATION, other),
            "PARTY": (party, LocationId(uuid4()), other),
        }

        found = await actions.tariff_for(work, places.values(), work.now)

        assert {ident: found[place].tariff.id for ident, place in places.items()} == {
            ident: ident for ident in places
        }
        assert found[places["PLACE"]].why == "Tariff PLACE, version 1, is assigned to the location."
        assert await actions.explain(work, places["PARTY"], work.now) == (
            "The station has no tariff of its own.",
            "The location has no tariff of its own.",
            "Tariff PARTY, version 1, is assigned to the party.",
        )


async def test_what_ends_falls_back_to_what_is_less_specific(
    begin: BeginWork, clock: JumpingClock
) -> None:
    async with begin() as work:
        party = await party_of(work)
        here = (party, LOCATION, STATION)
        await actions.add_version(work, party, ocpi("0.40", ident="PARTY"))
        await actions.add_version(
            work,
            party,
            ocpi("0.10", ident="WEEK", end_date_time=(work.now + 7 * DAY).isoformat()),
        )
        await actions.assign(work, party, "PARTY")
        await actions.assign(work, party, "WEEK", station=STATION)
    found = []
    for _ in range(3):
        async with begin() as work:
            found.append((await actions.tariff_for(work, [here], work.now))[here].tariff.id)
        clock.jump(4 * DAY)
    async with begin() as work:
        await actions.assign(work, party, None)
        assert await actions.tariff_for(work, [here], work.now) == {}
        assert len(await actions.explain(work, here, work.now)) == 3

    assert found == ["WEEK", "WEEK", "PARTY"]


async def test_each_late_session_has_the_price_of_its_time(
    begin: BeginWork, clock: JumpingClock
) -> None:
    start = clock.now()
    async with begin() as work:
        party = await party_of(work)
        here = (party, LOCATION, STATION)
        await actions.add_version(work, party, ocpi("0.40"))
        await actions.assign(work, party, "DAY")
    clock.jump(DAY)
    async with begin() as work:
        await actions.add_version(work, party, ocpi("0.50"))
    clock.jump(DAY)
    asked = [(here, start - DAY), (here, start), (here, start + DAY), (here, clock.now())]
    async with begin() as work:
        found = await actions.tariffs_at(work, asked)

    prices = [
        found[each].tariff.elements[0].price_components[0].price if each in found else None
        for each in asked
    ]
    assert prices == [None, Decimal("0.40"), Decimal("0.50"), Decimal("0.50")]


async def test_a_party_sees_only_its_own_tariffs(begin: BeginWork) -> None:
    async with begin() as work:
        ours, theirs = await party_of(work), await party_of(work)
        version = await actions.add_version(work, theirs, ocpi("0.40"))
        await actions.assign(work, theirs, "DAY")
        await actions.version(work, version.id)

    async with begin(ours) as work:
        assert await work.all("SELECT * FROM tariff_view") == []
        assert await actions.tariff_for(work, [(theirs, LOCATION, STATION)], work.now) == {}
        with pytest.raises(NoSuchTariffVersion):
            await actions.version(work, version.id)
    async with begin(theirs) as work:
        assert await actions.version(work, version.id) == version.tariff


async def test_another_party_s_assignment_to_our_station_does_not_count(begin: BeginWork) -> None:
    async with begin() as work:
        ours, theirs = await party_of(work), await party_of(work)
        await actions.add_version(work, theirs, ocpi("9.99"))
        await actions.assign(work, theirs, "DAY", station=STATION)

        assert await actions.tariff_for(work, [(ours, LOCATION, STATION)], work.now) == {}


async def test_what_is_no_tariff_is_refused_and_nothing_is_kept(begin: BeginWork) -> None:
    async with begin() as work:
        party = await party_of(work)
        over = ocpi("0.40", end_date_time=(work.now - DAY).isoformat())
        for document, refusal in (("{", NotJson), ("{}", BadField), (over, BadField)):
            with pytest.raises(refusal):
                await actions.add_version(work, party, document)
        with pytest.raises(NoSuchTariff):
            await actions.assign(work, party, "DAY")
        with pytest.raises(NoSuchTariffVersion):
            await actions.version(work, TariffId(uuid4()))

        assert await work.all("SELECT * FROM tariff_view") == []


async def test_a_new_version_and_an_assignment_are_told_once(begin: BeginWork) -> None:
    async with begin() as work:
        party = await party_of(work)
        for _ in range(2):
            await actions.add_version(work, party, ocpi("0.40"))
        await actions.assign(work, party, "DAY", station=STATION)

    async with begin() as work:
        rows = await work.all(
            "SELECT kind, subject FROM outbox WHERE party_id = $1 ORDER BY id", party
        )
    told = [(row["kind"], row["subject"]) for row in rows if row["kind"].startswith("Tariff")]
    assert told == [
        ("TariffVersionAdded", f"tariff:{party}:DAY"),
        ("TariffAssigned", f"tariffs:station:{STATION}"),
    ]
