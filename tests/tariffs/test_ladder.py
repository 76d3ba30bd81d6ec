"""The ladder of assignments and the law that looks along it, without a database."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from tests.tariffs.test_lint import element, of
from voltway.kernel.ids import (
    ContractId,
    DriverId,
    EvseId,
    FleetId,
    LocationId,
    PartyId,
    StationId,
    TariffId,
)
from voltway.kernel.units import PowerW
from voltway.tariffs.model import Dimension, PriceComponent, Tariff, TariffElement
from voltway.tariffs.model_versions import (
    Assignment,
    DriverKind,
    GroupMember,
    GroupVersion,
    Place,
    Scope,
    TariffVersion,
)
from voltway.tariffs.rules_afir import Bay, not_allowed, turns
from voltway.tariffs.rules_assignment import Known, ladder, resolved

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PARTY = PartyId(UUID(int=1))
PLACE = Place(
    PARTY,
    LocationId(UUID(int=2)),
    StationId(UUID(int=3)),
    evse=EvseId(UUID(int=4)),
    driver=DriverId(UUID(int=5)),
    contract=ContractId(UUID(int=6)),
    fleet=FleetId(UUID(int=7)),
    kind=DriverKind.RFID,
)
FAIR = of(element("0.40"))
FORBIDDEN = of(element("0.40"), TariffElement((PriceComponent(Dimension.FLAT, Decimal(1)),)))


def version(
    ident: str,
    nth: int = 1,
    begins: datetime = NOON - HOUR,
    ends: datetime | None = None,
    tariff: Tariff = FAIR,
) -> TariffVersion:
    return TariffVersion(
        id=TariffId(UUID(int=100 + nth)),
        party=PARTY,
        ident=ident,
        version=nth,
        document="{}",
        tariff=tariff,
        valid_from=begins,
        valid_until=ends,
        created_at=NOON,
    )


def assigned(
    scope: Scope,
    ident: str | None = None,
    since: datetime = NOON - HOUR,
    until: datetime | None = None,
    group: str | None = None,
    party: PartyId = PARTY,
) -> Assignment:
    id = PLACE.of(scope)
    assert id is not None
    return Assignment(
        party=party, scope=scope, scope_id=id, ident=ident, since=since, until=until, group=group
    )


def group(*members: GroupMember, nth: int = 1, begins: datetime = NOON - HOUR) -> GroupVersion:
    return GroupVersion(
        id=UUID(int=200 + nth),
        party=PARTY,
        ident="G",
        version=nth,
        members=members,
        valid_from=begins,
        created_at=NOON,
    )


def known(
    *some: Assignment,
    versions: tuple[TariffVersion, ...] = (),
    groups: tuple[GroupVersion, ...] = (),
) -> Known:
    assignments: dict[UUID, list[Assignment]] = {}
    for each in some:
        assignments.setdefault(each.scope_id, []).append(each)
    by_name: dict[tuple[PartyId, str], list[TariffVersion]] = {}
    for one in versions:
        by_name.setdefault((PARTY, one.ident), []).append(one)
    return Known(assignments, {(PARTY, "G"): groups} if groups else {}, by_name)


@pytest.mark.parametrize("winner", list(Scope))
def test_the_highest_rung_with_a_tariff_wins(winner: Scope) -> None:
    below = list(Scope)[list(Scope).index(winner) :]
    all_of = known(*(assigned(scope, "T") for scope in below), versions=(version("T"),))

    rungs = ladder(PLACE, NOON, all_of)

    assert [rung.scope for rung in rungs if rung.wins] == [winner]
    called = "EVSE" if winner is Scope.EVSE else winner.value
    found = resolved(PLACE, NOON, all_of)
    assert found is not None
    assert found.why == f"Tariff T, version 1, is assigned to the {called}."
    for rung in rungs[: list(Scope).index(winner)]:
        name = "EVSE" if rung.scope is Scope.EVSE else rung.scope.value
        assert (rung.version, rung.says) == (None, f"The {name} has no tariff of its own.")


def test_a_rung_that_is_not_there_says_so() -> None:
    guest = PLACE._replace(evse=None, driver=None, contract=None, fleet=None)

    assert [(rung.says, rung.wins) for rung in ladder(guest, NOON, Known())] == [
        ("No driver is known.", False),
        ("No contract was shown.", False),
        ("No fleet is known.", False),
        ("No EVSE is named.", False),
        ("The station has no tariff of its own.", False),
        ("The location has no tariff of its own.", False),
        ("The party has no tariff of its own.", False),
    ]
    assert resolved(guest, NOON, Known()) is None


STATION = Scope.STATION
OWN = "Tariff {}, version {}, is assigned to the station."
NONE_HOLDS = "The station has tariff T, but no version of it holds at that moment."
OF_GROUP = "Tariff {}, version {}, is of group G, version {}, which is assigned to the station."
NO_GROUP = "The station has group G, but no version of it holds at that moment."
NOT_FIT = "The station has group G, but no tariff of it fits this driver at that moment."
RFID, APP = (DriverKind.RFID,), (DriverKind.APP,)


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (known(assigned(STATION, "T")), NONE_HOLDS),
        (known(assigned(STATION, "T"), versions=(version("T", begins=NOON + HOUR),)), NONE_HOLDS),
        (known(assigned(STATION, "T"), versions=(version("T", ends=NOON),)), NONE_HOLDS),
        (
            known(assigned(STATION, "T"), versions=(version("T", 2, NOON), version("T"))),
            OWN.format("T", 2),
        ),
        (
            known(
                assigned(STATION, "T"),
                assigned(STATION, "U", NOON),
                versions=(version("T"), version("U", 3)),
            ),
            OWN.format("U", 3),
        ),
        (
            known(
                assigned(STATION, "U", until=NOON),
                assigned(STATION, "T", NOON - 2 * HOUR),
                versions=(version("T"), version("U", 3)),
            ),
            OWN.format("T", 1),
        ),
        (
            known(
                assigned(STATION, "T", NOON),
                assigned(STATION, "U", NOON),
                versions=(version("T"), version("U", 3)),
            ),
            OWN.format("U", 3),
        ),
        (
            known(assigned(STATION, "T"), assigned(STATION, None, NOON), versions=(version("T"),)),
            "The station has no tariff of its own.",
        ),
        (
            known(assigned(STATION, "T", party=PartyId(UUID(int=9))), versions=(version("T"),)),
            "The station has no tariff of its own.",
        ),
        (known(assigned(STATION, group="G")), NO_GROUP),
        (known(assigned(STATION, group="G"), groups=(group(begins=NOON + HOUR),)), NO_GROUP),
        (known(assigned(STATION, group="G"), groups=(group(),)), NOT_FIT),
        (
            known(
                assigned(STATION, group="G"),
                groups=(group(GroupMember("T", APP)),),
                versions=(version("T"),),
            ),
            NOT_FIT,
        ),
        (
            known(assigned(STATION, group="G"), groups=(group(GroupMember("T")),)),
            NOT_FIT,
        ),
        (
            known(
                assigned(STATION, group="G"),
                groups=(
                    group(GroupMember("T", APP), GroupMember("U", RFID), GroupMember("T")),
                    group(GroupMember("T", RFID), nth=2, begins=NOON + HOUR),
                ),
                versions=(version("T"), version("U", 3)),
            ),
            OF_GROUP.format("U", 3, 1),
        ),
        (
            known(
                assigned(STATION, group="G"),
                groups=(group(GroupMember("T", RFID), nth=2, begins=NOON), group(GroupMember("U"))),
                versions=(version("T"), version("U", 3)),
            ),
            OF_GROUP.format("T", 1, 2),
        ),
    ],
)
def test_a_rung_says_what_stands_on_it(told: Known, says: str) -> None:
    [rung] = [rung for rung in ladder(PLACE, NOON, told) if rung.scope is STATION]

    assert rung.says == says
    assert rung.wins == (rung.version is not None)
    found = resolved(PLACE, NOON, told)
    assert (found.why if found else None) == (says if rung.wins else None)


BAY = Bay(
    PARTY, PLACE.location, PLACE.station, EvseId(UUID(int=4)), PowerW(50_000), "A1", "Kamppi", "FIN"
)


@pytest.mark.parametrize(
    ("bay", "is_bound"),
    [
        (BAY, True),
        (BAY._replace(power_w=PowerW(49_999)), False),
        (BAY._replace(country="CHE"), False),
        (BAY._replace(country="NO"), True),
    ],
)
def test_the_law_looks_at_fast_places_of_the_union(bay: Bay, is_bound: bool) -> None:
    told = known(assigned(Scope.PARTY, "T"), versions=(version("T", tariff=FORBIDDEN),))

    found = list(not_allowed([bay], told, NOON))

    assert [each.begins for each in found] == ([NOON] if is_bound else [])


def test_what_the_law_forbids_is_told_with_whom_it_meets() -> None:
    told = known(
        assigned(Scope.EVSE, "T", NOON + HOUR),
        assigned(Scope.PARTY, "U"),
        versions=(version("T", tariff=FORBIDDEN), version("U", 2)),
    )
    other = BAY._replace(evse=EvseId(UUID(int=40)), name="A2")

    [found] = not_allowed([other, BAY, other], told, NOON)

    assert (found.bay, found.begins) == (BAY, NOON + HOUR)
    assert found.version == version("T").id
    assert found.key == (BAY.evse, "Tariff T, version 1, is assigned to the EVSE.")
    assert found.says == f"Guests at Kamppi, A1 (50 kW), are charged by tariff {FORBIDDEN.id}."
    assert found.why == (
        "At 50 kW and more there may be no price per session: remove the flat fee "
        "(Regulation (EU) 2023/1804, Art. 5(4)).",
    )


@pytest.mark.parametrize("scope", [Scope.EVSE, Scope.STATION, Scope.LOCATION, Scope.PARTY])
def test_a_forbidden_price_is_found_on_each_rung_and_told_once(scope: Scope) -> None:
    told = known(
        assigned(scope, "T"),
        assigned(Scope.FLEET, "U", NOON + HOUR),
        versions=(version("T", tariff=FORBIDDEN), version("U", 2)),
    )

    [found] = not_allowed([BAY], told, NOON)

    assert found.begins == NOON


def test_every_moment_at_which_a_price_may_turn_is_looked_at_once() -> None:
    at = [NOON + nth * HOUR for nth in range(9)]
    told = known(
        assigned(Scope.EVSE, "T", at[1], at[2]),
        assigned(Scope.PARTY, "T", NOON - HOUR, at[1]),
        groups=(group(GroupMember("T", since=at[4], until=at[5]), begins=at[3]),),
        versions=(version("T", begins=at[6], ends=at[7]), version("T", 2, at[0], None)),
    )

    assert turns(told, NOON) == at[:8]
