"""The ladder from the driver to the party: who wins, for how long, and what is said about it."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.tariffs.test_actions import DAY, ocpi, party_of
from voltway.kernel.ids import (
    ContractId,
    DriverId,
    EvseId,
    FleetId,
    LocationId,
    PartyId,
    StationId,
)
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork, Work
from voltway.tariffs import actions, assigning
from voltway.tariffs.actions import NoSuchTariff
from voltway.tariffs.assigning import EndsBeforeItBegins, NoGroup, NoSuchGroup, TariffOrGroup
from voltway.tariffs.model_versions import DriverKind, GroupMember, Place, Scope


def whole_place(party: PartyId) -> Place:
    return Place(
        party,
        LocationId(uuid4()),
        StationId(uuid4()),
        EvseId(uuid4()),
        DriverId(uuid4()),
        ContractId(uuid4()),
        FleetId(uuid4()),
        DriverKind.RFID,
    )


async def winner(work: Work, place: Place) -> str | None:
    found = await actions.tariff_for(work, [place], work.now)
    return found[place].tariff.id if place in found else None


async def test_each_rung_goes_before_those_below_it(begin: BeginWork) -> None:
    async with begin() as work:
        party = await party_of(work)
        place = whole_place(party)
        won = []
        for scope in reversed(Scope):
            await actions.add_version(work, party, ocpi("0.40", ident=scope.name))
            scope_id = place.of(scope)
            assert scope_id is not None
            await assigning.assign_to(work, party, scope, scope_id, ident=scope.name)
            won.append(await winner(work, place))
        rungs = await actions.climb(work, place, work.now)
        guest = Place(place.party, place.location, place.station, place.evse)
        nobody = await actions.climb(work, guest, work.now)

    assert won == [scope.name for scope in reversed(Scope)]
    assert [rung.scope for rung in rungs] == list(Scope)
    assert [rung.wins for rung in rungs] == [True, *([False] * 6)]
    assert rungs[1].says == "Tariff CONTRACT, version 1, is assigned to the contract."
    assert [rung.says for rung in nobody[:3]] == [
        "No driver is known.",
        "No contract was shown.",
        "No fleet is known.",
    ]
    assert [rung.wins for rung in nobody].index(True) == list(Scope).index(Scope.EVSE)


async def test_after_its_end_what_held_before_comes_back(
    begin: BeginWork, clock: JumpingClock
) -> None:
    async with begin() as work:
        party = await party_of(work)
        place = whole_place(party)
        for ident in ("ALWAYS", "FAIR"):
            await actions.add_version(work, party, ocpi("0.40", ident=ident))
        await actions.assign(work, party, "ALWAYS", station=place.station)
        await actions.assign(
            work,
            party,
            "FAIR",
            station=place.station,
            since=work.now + DAY,
            until=work.now + 3 * DAY,
        )
    won = []
    for _ in range(4):
        async with begin() as work:
            won.append(await winner(work, place))
        clock.jump(DAY)

    assert won == ["ALWAYS", "FAIR", "FAIR", "ALWAYS"]


async def test_the_first_member_of_a_group_that_fits_the_driver_counts(
    begin: BeginWork, clock: JumpingClock
) -> None:
    async with begin() as work:
        party = await party_of(work)
        for ident in ("GUEST", "WEEK", "REST"):
            await actions.add_version(work, party, ocpi("0.40", ident=ident))
        members = [
            GroupMember("GUEST", (DriverKind.AD_HOC,)),
            GroupMember("WEEK", (DriverKind.RFID, DriverKind.APP), until=work.now + 7 * DAY),
            GroupMember("REST"),
        ]
        await assigning.add_group(work, party, "CITY", members)
        await assigning.assign_to(work, party, Scope.PARTY, party, group="CITY")
        place = whole_place(party)
        kinds = [DriverKind.AD_HOC, DriverKind.RFID, DriverKind.CONTRACT, None]
        now = [await winner(work, place._replace(kind=kind)) for kind in kinds]
        why = await actions.explain(work, place, work.now)
    clock.jump(7 * DAY)
    async with begin() as work:
        later = [await winner(work, place._replace(kind=kind)) for kind in kinds]

    assert now == ["GUEST", "WEEK", "REST", "REST"]
    assert later == ["GUEST", "REST", "REST", "REST"]
    assert why[-1] == (
        "Tariff WEEK, version 1, is of group CITY, version 1, which is assigned to the party."
    )


async def test_a_group_that_fits_nobody_leaves_it_to_the_next_rung(begin: BeginWork) -> None:
    async with begin() as work:
        party = await party_of(work)
        for ident in ("GUEST", "ALL"):
            await actions.add_version(work, party, ocpi("0.40", ident=ident))
        await assigning.add_group(work, party, "G", [GroupMember("GUEST", (DriverKind.AD_HOC,))])
        place = whole_place(party)
        await assigning.assign_to(work, party, Scope.STATION, place.station, group="G")
        await actions.assign(work, party, "ALL")

        assert await winner(work, place) == "ALL"
        assert (
            "The station has group G, but no tariff of it fits this driver at that moment."
            in await actions.explain(work, place, work.now)
        )


async def test_a_group_s_next_version_holds_from_its_moment_and_the_old_one_stays(
    begin: BeginWork, clock: JumpingClock
) -> None:
    async with begin() as work:
        party = await party_of(work)
        for ident in ("OLD", "NEW"):
            await actions.add_version(work, party, ocpi("0.40", ident=ident))
        first = await assigning.add_group(work, party, "G", [GroupMember("OLD")])
        again = await assigning.add_group(work, party, "G", [GroupMember("OLD")])
        second = await assigning.add_group(
            work, party, "G", [GroupMember("NEW")], valid_from=work.now + DAY
        )
        await assigning.assign_to(work, party, Scope.PARTY, party, group="G")
        place = whole_place(party)
        today = await winner(work, place)
        tomorrow = await actions.tariffs_at(work, [(place, work.now + DAY)])
        with pytest.raises(Exception, match="never changed"):
            async with begin() as other:
                await other.run("UPDATE tariff_group_version SET members = '[]'")

    assert (first.id, second.version) == (again.id, 2)
    assert today == "OLD"
    assert [found.tariff.id for found in tomorrow.values()] == ["NEW"]


async def test_what_cannot_hold_is_refused_with_the_reason(begin: BeginWork) -> None:
    async with begin() as work:
        party = await party_of(work)
        await actions.add_version(work, party, ocpi("0.40"))
        everywhere: tuple[Scope, UUID] = (Scope.PARTY, party)
        with pytest.raises(TariffOrGroup):
            await assigning.assign_to(work, party, *everywhere, ident="DAY", group="G")
        with pytest.raises(NoSuchGroup):
            await assigning.assign_to(work, party, *everywhere, group="G")
        with pytest.raises(EndsBeforeItBegins):
            await assigning.assign_to(
                work, party, *everywhere, ident="DAY", until=work.now - timedelta(seconds=1)
            )
        with pytest.raises(NoSuchTariff):
            await assigning.add_group(work, party, "G", [GroupMember("NIGHT")])
        for name, members in (("", [GroupMember("DAY")]), ("G", [])):
            with pytest.raises(NoGroup):
                await assigning.add_group(work, party, name, members)

        assert await work.all("SELECT * FROM tariff_group_view") == []


async def test_of_two_told_at_one_moment_the_later_told_holds(begin: BeginWork) -> None:
    async with begin() as work:
        party = await party_of(work)
        place = whole_place(party)
        idents = [f"T{nth}" for nth in range(12)]
        for ident in idents:
            await actions.add_version(work, party, ocpi("0.40", ident=ident))
            await actions.assign(work, party, ident)
        told = await work.all(
            "SELECT tariff_ident, created_at, since FROM tariff_assignment_view ORDER BY told"
        )
        won = await winner(work, place)

    assert len({(row["created_at"], row["since"]) for row in told}) == 1, "one moment has them all"
    assert [row["tariff_ident"] for row in told] == idents
    assert won == "T11"
