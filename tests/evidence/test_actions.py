"""The registry of meter keys, on a real database."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.evidence.signing import Meter
from tests.network import AStation, a_location, a_party, a_station
from voltway.evidence import actions, register, rules_keys
from voltway.evidence.actions import KeyEnded, KeyIsOld, SameKey
from voltway.evidence.keys import NoKey
from voltway.evidence.register import NoRegister
from voltway.kernel.ids import StationId
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway.runtime.work import BeginWork
from voltway.stations.actions import NoSuchStation

OLD, NEW = Meter(), Meter()


@pytest.fixture
async def post(begin: BeginWork) -> AStation:
    async with begin() as work:
        return await a_station(work, await a_party(work))


async def test_a_key_holds_from_ever_until_another_takes_its_place(
    begin: BeginWork, clock: JumpingClock, post: AStation
) -> None:
    id = post.station.id
    async with begin() as work:
        first = await actions.register_key(work, id, OLD.public, by="Olga", evse_number=1)
        with pytest.raises(SameKey):
            await actions.register_key(work, id, OLD.public, by="Olga", evse_number=1)
    changed = clock.jump(timedelta(days=1))
    async with begin() as work:
        await actions.register_key(work, id, NEW.public, by="Olga", evse_number=1)
        with pytest.raises(KeyIsOld):
            await actions.register_key(
                work, id, OLD.public, by="Olga", evse_number=1, since=changed - timedelta(hours=1)
            )
        keys = await actions.keys_of(work, id)

    def holds(at: datetime, evse: int | None = 1) -> str:
        found = rules_keys.key_at(keys, evse, at)
        if found is None:
            return "none"
        return "old" if found.key.is_same(first.key) else "new"

    assert holds(datetime(2001, 1, 1, tzinfo=UTC)) == "old"
    assert holds(changed - timedelta(seconds=1)) == "old"
    assert holds(changed) == "new"
    assert holds(changed, 2) == holds(changed, None) == "none"


async def test_a_key_of_the_station_holds_where_an_evse_has_none_of_its_own(
    begin: BeginWork, clock: JumpingClock, post: AStation
) -> None:
    async with begin() as work:
        whole = await actions.register_key(work, post.station.id, OLD.public, by="Olga")
        own = await actions.register_key(
            work, post.station.id, NEW.public, by="Olga", evse_number=2, meter=" M2 "
        )
        keys = await actions.keys_of(work, post.station.id)

    assert rules_keys.key_at(keys, 1, clock.now()) == whole
    assert rules_keys.key_at(keys, 2, clock.now()) == own
    assert own.meter == "M2"


async def test_a_key_that_was_ended_holds_no_more_and_stays_in_the_history(
    begin: BeginWork, clock: JumpingClock, post: AStation
) -> None:
    async with begin() as work:
        key = await actions.register_key(work, post.station.id, OLD.public, by="Olga")
        await actions.end_key(work, key.id, by="Olga")
        with pytest.raises(KeyEnded):
            await actions.end_key(work, key.id, by="Olga")
        [kept] = await actions.keys_of(work, post.station.id)
    assert rules_keys.key_at([kept], 1, clock.now()) is None
    assert rules_keys.key_at([kept], 1, clock.now() - timedelta(seconds=1)) == kept


async def test_the_database_lets_nobody_change_or_delete_a_key(
    begin: BeginWork, post: AStation
) -> None:
    async with begin() as work:
        await actions.register_key(work, post.station.id, OLD.public, by="Olga")
    for order in ("DELETE FROM meter_key", "UPDATE meter_key SET point = '\\x00'"):
        with pytest.raises(Exception, match="stays as it was"):
            async with begin() as work:
                await work.run(order)


async def test_only_a_party_s_own_stations_get_its_keys(
    database: Database, begin: BeginWork, post: AStation
) -> None:
    async with begin() as work:
        stranger = await a_party(work)
    async with database.begin(stranger.id) as work:
        with pytest.raises(NoSuchStation):
            await actions.register_key(work, post.station.id, OLD.public, by="Mallory")
        with pytest.raises(NoKey):
            await actions.register_key(work, StationId(post.station.id), "no key", by="Mallory")


REGISTER = """\
Betreiber;Adresse;Postleitzahl Ort;Steckertypen1;Public Key1;Steckertypen2;Public Key2
A;Pohjoisesplanadi 1;00130 Helsinki;Typ 2;{one};Typ 2;{two}
B;Hauptstraße 4;10115 Berlin;Typ 2;{one};;
C;Kauppatori 7;00170 Helsinki;Typ 2;{three};;
"""


async def test_keys_of_the_register_go_where_there_is_no_doubt(begin: BeginWork) -> None:
    async with begin() as work:
        party = await a_party(work)
        post = await a_station(work, party, evses=1)
    text = REGISTER.format(one=OLD.public, two=NEW.public, three="8E8F23")
    async with begin(party.id) as work:
        told = await register.register_all(work, text, by="Olga")
        again = await register.register_all(work, text.replace(";", ","), by="Olga")
        keys = await actions.keys_of(work, post.station.id)

    assert [(each.entry.point, each.identity) for each in told.registered] == [
        (1, post.station.identity)
    ]
    assert [each.says for each in told.left] == [
        "Your station at this address has no such EVSE.",
        "None of your stations has this address.",
        "None of your stations has this address.",
    ]
    assert [(key.evse_number, key.source) for key in keys] == [(1, "register")]
    assert len(again.known) == 1
    assert not again.registered


async def test_two_stations_at_one_address_are_left_to_a_person(begin: BeginWork) -> None:
    async with begin() as work:
        party = await a_party(work)
        place = await a_location(work, party)
        await a_station(work, party, place)
        await a_station(work, party, place)
    text = REGISTER.format(one=OLD.public, two=NEW.public, three="")
    async with begin(party.id) as work:
        told = await register.register_all(work, text, by="Olga")

    assert not told.registered
    assert told.left[0].says.startswith("Several stations share this address")


def test_what_is_no_register_is_refused() -> None:
    for text in ("", "a,b,c\n1,2,3\n", "Public Key1\nabc\n"):
        with pytest.raises(NoRegister):
            register.entries(text)
