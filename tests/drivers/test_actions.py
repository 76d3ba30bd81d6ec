"""Tokens on a real PostgreSQL."""

from datetime import timedelta

import pytest

from tests.network import AStation, a_party, a_station, a_token
from voltway.drivers import actions
from voltway.drivers.model import Bar, TokenKind
from voltway.kernel.ids import TokenUid
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork
from voltway.stations.reports import TokenShown


async def network(begin: BeginWork) -> AStation:
    async with begin() as work:
        party = await a_party(work)
        await a_token(work, party, "04A1B2C3")
        return await a_station(work, party)


async def ask(begin: BeginWork, at: AStation, uid: str, kind: str = "ISO14443") -> str:
    async with begin() as work:
        shown = TokenShown(TokenUid(uid), kind)
        station = at.station.id
        found = await actions.shown_at(work, [(station, shown.token)])
        known = await actions.shown_at(work, [(station, shown.token)], {station: at.party.id})
        assert known == found, "who knows the party finds the same"
        return actions.authorize([(7, station, shown)], found, work.now)[7]


async def test_a_token_opens_the_stations_of_its_party_however_it_is_written(
    begin: BeginWork,
) -> None:
    here = await network(begin)

    for written in ("04A1B2C3", "04a1b2c3", " 04:A1:B2:C3 "):
        assert await ask(begin, here, written) == "accepted"
    for other in ("04A1B2C4", "", "\x00", "\ud800"):
        assert await ask(begin, here, other) == "unknown"


async def test_a_token_does_not_open_the_stations_of_another_party(begin: BeginWork) -> None:
    await network(begin)
    async with begin() as work:
        elsewhere = await a_station(work, await a_party(work))

    assert await ask(begin, elsewhere, "04A1B2C3") == "unknown"


async def test_showing_nothing_opens_nothing(begin: BeginWork) -> None:
    assert await ask(begin, await network(begin), "04A1B2C3", "NoAuthorization") == "invalid"


async def test_a_blocked_token_is_told_so_until_it_is_unblocked(begin: BeginWork) -> None:
    here = await network(begin)
    async with begin() as work:
        [token] = await actions.tokens(work, here.party.id)
        await actions.block(work, token.id)
    assert await ask(begin, here, "04A1B2C3") == "blocked"

    async with begin() as work:
        await actions.unblock(work, token.id)
    assert await ask(begin, here, "04A1B2C3") == "accepted"


async def test_a_guest_has_a_token_that_every_station_can_carry_and_that_ends(
    begin: BeginWork, clock: JumpingClock
) -> None:
    here = await network(begin)
    async with begin() as work:
        until = work.now + timedelta(hours=1)
        uid = await actions.make_ad_hoc_token(work, here.party.id, None, until)

    assert len(uid) == 16
    assert set(uid) <= set("0123456789ABCDEF")
    assert await ask(begin, here, uid) == "accepted"
    clock.jump(timedelta(hours=1))
    assert await ask(begin, here, uid) == "expired"


async def test_one_card_written_in_two_ways_is_not_added_twice(begin: BeginWork) -> None:
    here = await network(begin)

    with pytest.raises(actions.TokenTaken):
        async with begin() as work:
            await actions.add_token(work, here.party.id, "04:a1:b2:c3", kind=TokenKind.RFID)


async def test_many_tokens_are_found_at_once_by_what_was_asked(begin: BeginWork) -> None:
    here = await network(begin)
    wanted = {(here.party.id, TokenUid(uid)) for uid in ("04a1 b2c3", "04A1B2C3", "FFFF")}

    async with begin() as work:
        found = await actions.tokens_of(work, wanted)

    assert {uid for _, uid in found} == {"04a1 b2c3", "04A1B2C3"}
    assert len({token.id for token in found.values()}) == 1


async def test_each_bar_stands_by_itself_until_it_is_lifted(begin: BeginWork) -> None:
    here = await network(begin)
    async with begin() as work:
        [token] = await actions.tokens(work, here.party.id)
        assert await actions.bar(work, [token.id], Bar.LIMIT) == [token.id]
        assert await actions.bar(work, [token.id], Bar.LIMIT) == [], "it is barred already"
    assert await ask(begin, here, "04A1B2C3") == "no_credit"

    async with begin() as work:
        await actions.bar(work, [token.id], Bar.UNPAID)
    assert await ask(begin, here, "04A1B2C3") == "blocked"

    async with begin() as work:
        assert await actions.unbar(work, [token.id], Bar.UNPAID) == [token.id]
        assert await actions.unbar(work, [token.id], Bar.UNPAID) == []
        [barred] = await actions.tokens(work, here.party.id)
        assert barred.bars == {Bar.LIMIT}
    assert await ask(begin, here, "04A1B2C3") == "no_credit"

    async with begin() as work:
        await actions.unbar(work, [token.id], Bar.LIMIT)
    assert await ask(begin, here, "04A1B2C3") == "accepted"


async def test_letting_a_blocked_token_in_again_lifts_no_bar(begin: BeginWork) -> None:
    here = await network(begin)
    async with begin() as work:
        [token] = await actions.tokens(work, here.party.id)
        await actions.bar(work, [token.id], Bar.UNPAID)
        await actions.block(work, token.id)
        await actions.unblock(work, token.id)

    assert await ask(begin, here, "04A1B2C3") == "blocked"
