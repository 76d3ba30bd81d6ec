"""Stand in line at a place: join, accept the bay that is held, let others go first, leave."""

import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar, Final
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import EvseId, LocationId, PartyId, StationId, TokenUid, new_id
from voltway.runtime.work import Work
from voltway.stations.rules import heard_since
from voltway.waiting import rules_turns, store_turns
from voltway.waiting.actions import A_DAY_MAX, LASTS, IsFree, TooManyWatches
from voltway.waiting.model_turns import Line, Turn, TurnState, WhyTurn

#: So many minutes a bay is held where nothing else was set for its place.
HOLD_MIN: Final = 5
HOLD_MIN_MAX: Final = 30
#: Nobody stands further back.
LINE_MAX: Final = 50


class NoSuchTurn(Refusal):
    """There is no such place in line, or it was over long ago."""

    kind: ClassVar[Kind] = Kind.ABSENT


class NoLineHere(Refusal):
    """Nobody queues at this place. You can be told when a bay is free."""


class LineIsLong(Refusal):
    """The line here is long already. Please look for another place."""

    kind: ClassVar[Kind] = Kind.LIMIT


class TurnIsOver(Refusal):
    """No bay is held for you now. Please look at how you stand in line."""


class NobodyBehind(Refusal):
    """Nobody stands behind you, so there is nobody to go before you."""


class BayIsHeld(Refusal):
    """This bay is held for who is next in line. Please use another bay, or join the queue."""


class NotMinutes(Refusal):
    """A bay is held for 0 to 30 whole minutes; 0 means that nobody queues here."""

    kind: ClassVar[Kind] = Kind.INVALID


async def hold_for(work: Work, location: LocationId) -> timedelta:
    """For how long a bay of this place is held; zero where nobody queues."""
    found = await store_turns.hold_min(work, location)
    return timedelta(minutes=HOLD_MIN if found is None else found)


async def set_hold(
    work: Work, party: PartyId, location: LocationId, minutes: int, *, by: str
) -> None:
    """Say for how many minutes a bay of this place is held. Who has a bay keeps it as long as they
    were told; at 0 the line ends. Raises ``NotMinutes``."""
    if not 0 <= minutes <= HOLD_MIN_MAX:
        raise NotMinutes
    await store_turns.set_hold_min(work, party, location, minutes, by)


async def join(
    work: Work,
    party: PartyId,
    location: LocationId,
    *,
    email: str,
    locale: str,
    expected_s: int,
    power_w_min: int = 0,
) -> Turn:
    """Stand in line; the turn before where this address stands in this line already. Stations speak
    at least every ``expected_s`` seconds.

    Raises ``IsFree``, ``NoLineHere``, ``LineIsLong``, ``TooManyWatches``.
    """
    email = email.strip().lower()
    await store_turns.lock_line(work, location)
    line = await store_turns.open_at(work, location)
    for each in line:
        if each.email == email:
            return each
    if not await hold_for(work, location):
        raise NoLineHere
    bays = await store_turns.bays(work, location, heard_since(work.now, expected_s))
    held = {each.evse for each in line}
    if any(
        bay.is_for_the_line and bay.power_w >= power_w_min and bay.evse not in held
        for bay in bays.values()
    ):
        raise IsFree
    if len(line) >= LINE_MAX:
        raise LineIsLong
    if await store_turns.asked_since(work, email, work.now - timedelta(days=1)) >= A_DAY_MAX:
        raise TooManyWatches
    made = Turn(
        id=new_id(work.now),
        party=party,
        key=secrets.token_urlsafe(16),
        location=location,
        power_w_min=power_w_min,
        email=email,
        locale=locale,
        state=TurnState.WAITING,
        ranked_at=work.now,
        lasts_until=work.now + LASTS,
        created_at=work.now,
    )
    await store_turns.add(work, made)
    work.touch(f"line:{location}")
    return made


async def by_key(work: Work, key: str) -> Turn:
    """A turn by the key in the address of its page. Raises ``NoSuchTurn``."""
    found = await store_turns.by_key(work, key)
    if found is None:
        raise NoSuchTurn
    return found


async def by_id(work: Work, id: UUID) -> Turn | None:
    return await store_turns.by_id(work, id)


async def line_of(work: Work, turn: Turn) -> Line:
    """How somebody stands in line."""
    line = rules_turns.in_line(await store_turns.open_at(work, turn.location))
    before = [each for each in line if (each.ranked_at, each.id) < (turn.ranked_at, turn.id)]
    behind = [each for each in line if (each.ranked_at, each.id) > (turn.ranked_at, turn.id)]
    known = await store_turns.visit_min(work, turn.location)
    place = len(before) + 1
    about = None if known is None else max(1, round(place * known[1] / known[0]))
    return Line(turn=turn, place=place, behind=len(behind), about_min=about)


async def length(work: Work, location: LocationId) -> int:
    """How many stand in line."""
    return len(rules_turns.in_line(await store_turns.open_at(work, location)))


async def open_turns(work: Work, location: LocationId) -> list[Turn]:
    """Who stands in line here, or has a bay held."""
    return await store_turns.open_at(work, location)


async def queue_of(work: Work, location: LocationId) -> int | None:
    """How many stand in line; ``None`` where nobody may."""
    if not await hold_for(work, location):
        return None
    return await length(work, location)


async def accept(work: Work, key: str) -> Turn:
    """They come: the bay is held from now on as long as it is here. Twice is once.
    Raises ``NoSuchTurn``, ``TurnIsOver``."""
    turn = await _locked(work, key)
    if turn.state is TurnState.HELD:
        return turn
    if turn.state is not TurnState.OFFERED or turn.held_until is None:
        raise TurnIsOver
    if turn.held_until <= work.now:
        raise TurnIsOver
    until = work.now + await hold_for(work, turn.location)
    until = max(until, turn.held_until)
    return await _save(work, replace(turn, state=TurnState.HELD, held_until=until))


async def step_back(work: Work, key: str) -> Turn:
    """One place back in line; a bay that was held goes to who is next.
    Raises ``NoSuchTurn``, ``TurnIsOver``, ``NobodyBehind``."""
    turn = await _locked(work, key)
    if not turn.is_open:
        raise TurnIsOver
    line = await store_turns.open_at(work, turn.location)
    stepped = rules_turns.behind_the_next(turn, line)
    if stepped is None:
        raise NobodyBehind
    return await _save(work, stepped)


async def let_pass(work: Work, key: str) -> Turn:
    """Others go first for ``rules_turns.PASSES``; a bay that was held goes to who is next.
    Raises ``NoSuchTurn``, ``TurnIsOver``."""
    turn = await _locked(work, key)
    if not turn.is_open:
        raise TurnIsOver
    return await _save(work, rules_turns.let_pass(turn, work.now))


async def leave(work: Work, key: str) -> Turn:
    """They stand in line no more; what is over stays as it is. Raises ``NoSuchTurn``."""
    turn = await _locked(work, key)
    if not turn.is_open:
        return turn
    return await _save(work, rules_turns.over(turn, TurnState.ENDED, WhyTurn.LEFT, work.now))


async def must_not_be_held(
    work: Work, evse: EvseId, *, keys: Collection[str] = (), email: str | None = None
) -> None:
    """Raises ``BayIsHeld`` where the bay is held for somebody else: other keys than these, another
    address than who signed in with."""
    turn = await store_turns.at_bay(work, evse)
    if turn is None or turn.held_until is None or turn.held_until <= work.now:
        return
    if turn.key not in keys and turn.email != (email or "").lower():
        raise BayIsHeld


async def begins(
    work: Work, evse: EvseId, visit_key: str, *, key: str = "", email: str | None = None
) -> None:
    """Who has this turn, by its key or by the address that they signed in with, pays for a visit at
    the bay: a session of that visit is theirs."""
    turn = await store_turns.at_bay(work, evse)
    if turn is not None and (turn.key == key or turn.email == (email or "").lower()):
        await store_turns.save(work, replace(turn, visit_key=visit_key))


async def turned_away(
    work: Work, shown: Collection[tuple[StationId, TokenUid]]
) -> set[tuple[StationId, TokenUid]]:
    """Those of these tokens for which every bay of the station is held for others, or worked at."""
    return await store_turns.turned_away(work, shown) if shown else set()


async def _locked(work: Work, key: str) -> Turn:
    """The turn, in a line that nobody else moves."""
    found = await by_key(work, key)
    await store_turns.lock_line(work, found.location)
    return await by_key(work, key)


async def _save(work: Work, turn: Turn) -> Turn:
    before = await store_turns.by_id(work, turn.id)
    bays = [f"station:{each.station}" for each in (before, turn) if each and each.station]
    await store_turns.save(work, turn)
    work.touch(f"line:{turn.location}", *bays)
    return turn
