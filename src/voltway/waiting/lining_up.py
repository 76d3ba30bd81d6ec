"""The round that moves the lines: offers bays, ends holds, and tells whose turn it is."""

from voltway.kernel.facts import Fact
from voltway.kernel.ids import LocationId
from voltway.runtime.work import BeginWork, Work
from voltway.stations.rules import heard_since
from voltway.waiting import keeping, rules_turns, store_turns, turns
from voltway.waiting.looking import AT_ONCE, KEEP
from voltway.waiting.model_turns import Turn, TurnCame, TurnOver, TurnState


async def move(begin: BeginWork, expected_s: int) -> int:
    """Move every line on; how many turns changed. Stations speak at least every ``expected_s``
    seconds. Each place is one work: a crash between two leaves whole lines."""
    async with begin() as work:
        places = await store_turns.lines(work)
    changed = 0
    for place in places:
        async with begin() as work:
            changed += await _move(work, place, expected_s)
    return changed


async def _move(work: Work, location: LocationId, expected_s: int) -> int:
    await store_turns.lock_line(work, location)
    line = await store_turns.open_at(work, location)
    bays = await store_turns.bays(work, location, heard_since(work.now, expected_s))
    started = await store_turns.who_charges(work, location)
    hold = await turns.hold_for(work, location)
    changed = rules_turns.decide(line, bays, started, work.now, hold)
    # What loses its bay is kept before what gets it: a bay is held for one.
    for turn in sorted(changed, key=lambda each: each.has_bay):
        await store_turns.save(work, turn)
    for turn in changed:
        if turn.state is TurnState.OFFERED:
            await keeping.beside(work, turn, hold)
    await work.announce([fact for turn in changed if (fact := _fact(turn, work)) is not None])
    stations = {f"station:{each.station}" for each in [*line, *changed] if each.station}
    if changed:
        work.touch(f"line:{location}", *stations)
    elif stations:
        work.touch(f"line:{location}")  # what is left of a hold is seen to run
    return len(changed)


def _fact(turn: Turn, work: Work) -> Fact | None:
    """What others hear of a turn that changed."""
    if turn.state is TurnState.OFFERED and turn.evse is not None:
        return TurnCame(
            party=turn.party,
            at=work.now,
            location=turn.location,
            turn=turn.id,
            evse=turn.evse,
            nth=turn.nth,
        )
    if turn.state is TurnState.ENDED:
        return TurnOver(
            party=turn.party, at=work.now, location=turn.location, turn=turn.id, why=turn.why
        )
    return None


async def forget_old(begin: BeginWork) -> int:
    """Forget turns that are over, and the addresses with them."""
    async with begin() as work:
        return await store_turns.forget(work, work.now - KEEP, AT_ONCE)
