"""Prices that the law does not allow (AFIR, art. 5): refused by every door, and told."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from tests.network import AStation, a_location, a_party, a_station
from tests.tariffs.test_actions import ocpi
from voltway.kernel.errors import Refusal
from voltway.runtime.work import BeginWork, Work
from voltway.tariffs import actions, actions_exchange, assigning, lawful
from voltway.tariffs.lawful import LawForbids
from voltway.tariffs.model_versions import DriverKind, GroupMember, Scope

HOUR = timedelta(hours=1)
ENERGY = '{"type": "ENERGY", "price": 0.4, "step_size": 1}'
PARTS = {
    "KWH": ENERGY,
    "FREE": '{"type": "FLAT", "price": 0, "step_size": 1}',
    "IDLE": ENERGY + ', {"type": "PARKING_TIME", "price": 6, "step_size": 60}',
    "FLAT": ENERGY + ', {"type": "FLAT", "price": 1, "step_size": 1}',
    "TIME": '{"type": "TIME", "price": 6, "step_size": 60}',
}
CONTRACTS = (DriverKind.RFID, DriverKind.APP, DriverKind.CONTRACT)
GUESTS = (DriverKind.AD_HOC,)


def tariff(name: str, **more: object) -> str:
    text = ocpi("0.40", ident=name, **more)
    return text.replace('{"type": "ENERGY", "price": 0.40, "step_size": 1}', PARTS[name])


async def a_hub(work: Work, power_w: int = 150_000) -> AStation:
    """A party with a fast station, and all tariffs, none of them assigned."""
    party = await a_party(work)
    station = await a_station(work, party, evses=1, power_w=power_w)
    for name in PARTS:
        await actions.add_version(work, party.id, tariff(name))
    return station


@dataclass(frozen=True)
class Case:
    """What is assigned, to what, at which power; and whether that is allowed."""

    says: str
    allowed: bool
    tariff: str = ""
    members: tuple[GroupMember, ...] = ()
    scope: Scope = Scope.PARTY
    power_w: int = 150_000


CASES = [
    Case("per kWh", True, "KWH"),
    Case("free", True, "FREE"),
    Case("per kWh with an occupancy fee by the minute", True, "IDLE"),
    Case("a start fee", False, "FLAT"),
    Case("by time alone", False, "TIME"),
    *(
        Case(f"a start fee at the {scope}", False, "FLAT", scope=scope)
        for scope in sorted(lawful.OF_GUESTS)
    ),
    Case("a start fee for a fleet: no guest is of one", True, "FLAT", scope=Scope.FLEET),
    Case("a start fee for a driver who is known", True, "FLAT", scope=Scope.DRIVER),
    Case("a start fee below 50 kW", True, "FLAT", power_w=49_999),
    Case("a start fee at 50 kW", False, "FLAT", power_w=50_000),
    Case("a group of which all have the start fee", False, members=(GroupMember("FLAT"),)),
    Case("a group with a start fee for guests", False, members=(GroupMember("FLAT", GUESTS),)),
    Case(
        "a group with a start fee for contracts, per kWh for the rest",
        True,
        members=(GroupMember("FLAT", CONTRACTS), GroupMember("KWH")),
    ),
    Case(
        "a group that guests pass on to its last",
        False,
        members=(GroupMember("KWH", CONTRACTS), GroupMember("FLAT")),
    ),
    Case(
        "a group that never comes to its last",
        True,
        members=(GroupMember("KWH"), GroupMember("FLAT")),
    ),
]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.says) for case in CASES])
async def test_a_price_is_assigned_where_the_law_allows_it(begin: BeginWork, case: Case) -> None:
    async with begin() as work:
        hub = await a_hub(work, case.power_w)
        party = hub.party.id
        if case.members:
            await assigning.add_group(work, party, "G", case.members)
    scope_id = {
        Scope.PARTY: party,
        Scope.LOCATION: hub.location.id,
        Scope.STATION: hub.station.id,
        Scope.EVSE: hub.evse(),
    }.get(case.scope, hub.evse())
    said = ""
    try:
        async with begin() as work:
            await assigning.assign_to(
                work,
                party,
                case.scope,
                scope_id,
                ident=case.tariff or None,
                group="G" if case.members else None,
            )
    except LawForbids as no:
        said = str(no)

    async with begin() as work:
        kept = await work.all("SELECT * FROM tariff_assignment_view")
        found = await lawful.found(work, party)
    assert (said == "") is case.allowed
    assert len(kept) == case.allowed, "what is refused leaves nothing"
    assert found == []
    if not case.allowed:
        assert "(Regulation (EU) 2023/1804, Art. 5(4))." in said
        assert hub.evses[1].public_id in said


async def test_the_refusal_is_one_sentence_of_where_and_one_of_why(begin: BeginWork) -> None:
    async with begin() as work:
        hub = await a_hub(work)
        with pytest.raises(LawForbids) as no:
            await actions.assign(work, hub.party.id, "FLAT")

    assert str(no.value) == (
        f"The law does not allow this price. Guests at Market Square, {hub.evses[1].public_id}"
        " (150 kW), are charged by tariff FLAT. At 50 kW and more there may be no price per"
        " session: remove the flat fee (Regulation (EU) 2023/1804, Art. 5(4))."
    )


async def test_a_slower_place_s_price_may_hold_everywhere_where_the_fast_have_their_own(
    begin: BeginWork,
) -> None:
    async with begin() as work:
        hub = await a_hub(work)
        party = hub.party.id
        await actions.assign(work, party, "KWH", location=hub.location.id)
        await actions.assign(work, party, "FLAT")
    with pytest.raises(LawForbids):
        async with begin() as work:
            await actions.assign(work, party, None, location=hub.location.id)
    async with begin() as work:
        assert await lawful.found(work, party) == []


@pytest.mark.parametrize(("since", "until"), [(HOUR, None), (HOUR, 2 * HOUR), (None, HOUR)])
async def test_what_begins_later_or_ends_again_is_refused_today(
    begin: BeginWork, since: timedelta | None, until: timedelta | None
) -> None:
    async with begin() as work:
        hub = await a_hub(work)
        await actions.assign(work, hub.party.id, "KWH")
        with pytest.raises(LawForbids):
            await actions.assign(
                work,
                hub.party.id,
                "FLAT",
                since=work.now + since if since else None,
                until=work.now + until if until else None,
            )


async def test_a_group_whose_lawful_member_ends_is_refused_before_it_does(
    begin: BeginWork,
) -> None:
    async with begin() as work:
        hub = await a_hub(work)
        party = hub.party.id
        members = [GroupMember("KWH", until=work.now + HOUR), GroupMember("FLAT")]
        await assigning.add_group(work, party, "G", members)
        with pytest.raises(LawForbids):
            await assigning.assign_to(work, party, Scope.PARTY, party, group="G")


async def test_a_version_of_an_assigned_tariff_is_held_to_it_and_of_another_is_not(
    begin: BeginWork,
) -> None:
    async with begin() as work:
        hub = await a_hub(work)
        party = hub.party.id
        await actions.assign(work, party, "KWH")
    forbidden = tariff("FLAT").replace('"FLAT", "currency"', '"KWH", "currency"')
    for refused in (forbidden, f"[{forbidden}]"):
        given = actions_exchange.given(refused)
        with pytest.raises(LawForbids, match="no price per session"):
            async with begin() as work:
                await actions_exchange.add_all(work, party, given, valid_from=work.now + HOUR)
    with pytest.raises(LawForbids):
        async with begin() as work:
            await actions.add_version(work, party, forbidden)
    async with begin() as work:
        await actions.add_version(work, party, tariff("FLAT", tariff_alt_url="https://a.example"))
        await assigning.add_group(work, party, "G", [GroupMember("KWH")])
        await assigning.assign_to(work, party, Scope.PARTY, party, group="G")
    with pytest.raises(LawForbids):
        async with begin() as work:
            await assigning.add_group(work, party, "G", [GroupMember("TIME")])
    async with begin() as work:
        newest = await work.all("SELECT tariff_ident, version FROM tariff_view WHERE newest")
    assert {row["tariff_ident"]: row["version"] for row in newest} == {
        **dict.fromkeys(PARTS, 1),
        "FLAT": 2,
    }


async def test_a_tariff_for_contracts_that_stands_alone_is_its_guests_price_too(
    begin: BeginWork,
) -> None:
    async with begin() as work:
        hub = await a_hub(work)
        await actions.add_version(work, hub.party.id, tariff("FLAT", type="REGULAR"))
        with pytest.raises(LawForbids):
            await actions.assign(work, hub.party.id, "FLAT")


async def test_more_power_and_a_station_that_comes_later_are_told_and_nothing_else_is_kept_from(
    begin: BeginWork,
) -> None:
    async with begin() as work:
        hub = await a_hub(work, power_w=22_000)
        party = hub.party.id
        await actions.assign(work, party, "FLAT")
        assert await lawful.found(work, party) == []
    async with begin() as work:
        await work.run("UPDATE evse SET power_w = 60000 WHERE id = $1", hub.evse())
        second = await a_station(work, hub.party, hub.location, evses=1, power_w=300_000)
        found = await lawful.found(work, party)
        here = await lawful.found(work, party, second.station.id)
        await assigning.assign_to(work, party, Scope.EVSE, hub.evse(), ident="KWH")
        left = await lawful.found(work, party)

    assert {each.bay.evse for each in found} == {hub.evse(), second.evse()}
    assert [each.says for each in here] == [
        f"Guests at Market Square, {second.evses[1].public_id} (300 kW), are charged by tariff"
        " FLAT."
    ]
    assert [each.why for each in here] == [
        (
            "At 50 kW and more there may be no price per session: remove the flat fee"
            " (Regulation (EU) 2023/1804, Art. 5(4)).",
        )
    ]
    assert [each.bay.evse for each in left] == [second.evse()]


async def test_where_the_regulation_is_no_law_it_binds_nobody(begin: BeginWork) -> None:
    async with begin() as work:
        hub = await a_hub(work)
        await work.run("UPDATE location SET country = 'CHE'")
        await actions.assign(work, hub.party.id, "FLAT")
        assert await lawful.found(work, hub.party.id) == []


async def test_many_places_are_named_by_the_first_of_them(begin: BeginWork) -> None:
    async with begin() as work:
        hub = await a_hub(work)
        place = await a_location(work, hub.party, name="Harbour")
        await a_station(work, hub.party, place, evses=4, power_w=150_000)
        with pytest.raises(Refusal, match=r"Guests at Harbour \S+, .+ and 2 more are charged"):
            await actions.assign(work, hub.party.id, "FLAT")


async def test_what_is_charged_against_the_law_already_does_not_keep_other_prices_from_being_set(
    begin: BeginWork,
) -> None:
    async with begin() as work:
        hub = await a_hub(work, power_w=22_000)
        party = hub.party.id
        await actions.assign(work, party, "FLAT")
        await work.run("UPDATE evse SET power_w = 60000 WHERE id = $1", hub.evse())
        other = await a_station(work, hub.party, evses=1, power_w=22_000)
        await actions.assign(work, party, "TIME", station=other.station.id)
        with pytest.raises(LawForbids):
            await actions.assign(work, party, "FLAT", station=hub.station.id)
