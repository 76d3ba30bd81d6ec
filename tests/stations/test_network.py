"""Stations, keys and the lobby, against a real PostgreSQL."""

from datetime import timedelta

import pytest

from tests.conftest import NOON
from tests.stations.floor import a_station
from voltway.runtime.work import BeginWork
from voltway.stations import actions
from voltway.stations.model import (
    Knock,
    LinkOpened,
    Refused,
    Station,
)


async def test_the_lobby_counts_who_knocks_and_adopts_with_the_key_shown(begin: BeginWork) -> None:
    async with begin() as work:
        home = await a_station(work)
        knock = Knock("CS-NEW", Refused.UNKNOWN, NOON, key_hash=bytes(48), tries=2)
        for _ in range(3):
            await actions.record_knocks(work, [knock])
        (entry,) = await actions.lobby(work)
        assert (entry.identity, entry.tries, entry.key_usable) == ("CS-NEW", 6, True)

        adopted, key = await actions.adopt(
            work, entry.id, home.party, home.location, keep_its_key=True
        )
        assert key is None
        assert await actions.lobby(work) == []
        credentials = await actions.credentials(work)

    kept = {each.identity: each.key_hash for each in credentials}
    assert kept[adopted.identity] == bytes(48)


async def test_a_key_cannot_be_kept_where_the_name_was_knocked_with_from_two_places(
    begin: BeginWork,
) -> None:
    async with begin() as work:
        await a_station(work)
        for source in ("198.51.100.1", "203.0.113.9", "203.0.113.9"):
            knock = Knock("CS-NEW", Refused.UNKNOWN, NOON, source=source, key_hash=bytes(48))
            await actions.record_knocks(work, [knock])
        (entry,) = await actions.lobby(work)

    assert not entry.key_usable


async def test_a_flood_of_names_does_not_fill_the_lobby(begin: BeginWork) -> None:
    async with begin() as work:
        for start in range(0, 1100, 100):
            await actions.record_knocks(
                work,
                [
                    Knock(f"X{start + n}", Refused.UNKNOWN, NOON + timedelta(seconds=start))
                    for n in range(100)
                ],
            )
        row = await work.one("SELECT count(*) AS n FROM lobby_view")
    assert row is not None
    assert row["n"] == 1000


async def test_a_station_that_is_ours_is_not_adopted_again(
    begin: BeginWork, station: Station
) -> None:
    async with begin() as work:
        knock = Knock("CS1", Refused.WRONG_KEY, NOON, station=station.id)
        await actions.record_knocks(work, [knock])
        (entry,) = await actions.lobby(work)
        with pytest.raises(actions.NotToBeAdopted):
            await actions.adopt(work, entry.id, station.party, station.location)


async def test_a_new_key_replaces_the_old_when_the_station_came_with_it(
    begin: BeginWork, station: Station
) -> None:
    async with begin() as work:
        await actions.rotate_key(work, station.id)
        (before,) = await actions.credentials(work)
        assert before.next_key_hash is not None
        link = LinkOpened(station.id, 1, "1.6", "", NOON, with_next_key=True)
        await actions.record_links(work, [link])
        (after,) = await actions.credentials(work)

    assert after.key_hash == before.next_key_hash
    assert after.next_key_hash is None


async def test_a_removed_station_is_let_in_no_more_and_its_name_is_free(
    begin: BeginWork, station: Station
) -> None:
    async with begin() as work:
        await actions.remove_station(work, station.id)
        (credential,) = await actions.credentials(work)
        assert credential.removed
        again, _ = await actions.add_station(work, station.party, station.location, "CS1")
        assert again.id != station.id


@pytest.mark.parametrize("identity", ["", "a/b", "a:b", "a b", "a\x00", "x" * 101])
async def test_an_identity_that_cannot_be_sent_is_refused(
    begin: BeginWork, station: Station, identity: str
) -> None:
    async with begin() as work:
        with pytest.raises(actions.NotUsable):
            await actions.add_station(work, station.party, station.location, identity)
