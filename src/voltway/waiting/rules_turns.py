"""Whose turn it is. Pure: turns and bays as they stand, and what becomes of the turns."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from voltway.kernel.ids import EvseId
from voltway.waiting.model_turns import BayNow, Turn, TurnState, WhyTurn

#: So long others go first for who lets them.
PASSES: Final = timedelta(minutes=15)
#: Next to somebody in line.
_JUST: Final = timedelta(microseconds=1)


def in_line(turns: Sequence[Turn]) -> list[Turn]:
    """Those who wait, the first first."""
    waiting = [each for each in turns if each.state is TurnState.WAITING]
    return sorted(waiting, key=lambda each: (each.ranked_at, each.id))


def decide(
    turns: Sequence[Turn],
    bays: Mapping[EvseId, BayNow],
    started: Collection[object],
    now: datetime,
    hold: timedelta,
) -> list[Turn]:
    """The turns of a place that change now. ``bays`` are those that are open to the public,
    ``started`` the ids of turns whose person charges here; ``hold`` is zero where nobody may queue
    any more."""
    stand = [_judged(each, bays, started, now, hold) for each in turns if each.is_open]
    taken = {each.evse for each in stand if each.has_bay}
    for bay in sorted(bays.values(), key=lambda each: each.evse):
        if not bay.is_for_the_line or bay.evse in taken:
            continue
        chosen = next((each for each in in_line(stand) if _may_have(each, bay, now)), None)
        if chosen is None:
            continue
        offered = replace(
            chosen,
            state=TurnState.OFFERED,
            why="",
            passes_until=None,
            evse=bay.evse,
            station=bay.station,
            held_until=now + hold,
            nth=chosen.nth + 1,
        )
        stand = [offered if each.id == chosen.id else each for each in stand]
    before = {each.id: each for each in turns}
    return [each for each in stand if each != before[each.id]]


def _may_have(turn: Turn, bay: BayNow, now: datetime) -> bool:
    passes = turn.passes_until is not None and turn.passes_until > now
    return turn.power_w_min <= bay.power_w and not passes


def _judged(
    turn: Turn,
    bays: Mapping[EvseId, BayNow],
    started: Collection[object],
    now: datetime,
    hold: timedelta,
) -> Turn:
    """A turn by what happened to it and to its bay since."""
    if turn.id in started:
        return over(turn, TurnState.STARTED, "", now)
    if not bays or not hold:
        return over(turn, TurnState.ENDED, WhyTurn.CLOSED, now)
    if turn.has_bay and turn.evse is not None:
        bay = bays.get(turn.evse)
        if bay is None or not bay.works:
            return back(turn, WhyTurn.LOST)
        if bay.is_used:
            return back(turn, WhyTurn.TAKEN)
        if turn.held_until is None or turn.held_until > now:
            return turn
        # Somebody stands there who has not begun, and it may be them: as long again.
        stands = not bay.is_free and not bay.is_reserved
        if stands and turn.held_until + hold > now:
            return turn
        return over(turn, TurnState.ENDED, WhyTurn.MISSED, now)
    return over(turn, TurnState.ENDED, WhyTurn.TIME, now) if turn.lasts_until <= now else turn


def back(turn: Turn, why: WhyTurn) -> Turn:
    """Back in line, at the place that they had."""
    return replace(
        turn, state=TurnState.WAITING, why=why.value, evse=None, station=None, held_until=None
    )


def over(turn: Turn, state: TurnState, why: str, now: datetime) -> Turn:
    return replace(
        turn, state=state, why=str(why), evse=None, station=None, held_until=None, ended_at=now
    )


def behind_the_next(turn: Turn, turns: Sequence[Turn]) -> Turn | None:
    """The turn one place further back; ``None`` where nobody stands behind."""
    after = [
        each
        for each in in_line(turns)
        if each.id != turn.id and (each.ranked_at, each.id) > (turn.ranked_at, turn.id)
    ]
    if not after:
        return None
    return replace(back(turn, WhyTurn.PASSED), ranked_at=after[0].ranked_at + _JUST)


def let_pass(turn: Turn, now: datetime) -> Turn:
    """Others go first for a while; the place in line stays."""
    return replace(back(turn, WhyTurn.PASSED), passes_until=now + PASSES)
