"""Real sessions of the past, told by both kinds of station: each keeps its energy, none is held."""

from pathlib import Path

from tests.network import a_location, a_party, a_station, a_token
from tests.sessions.telling import CARD, Line
from voltway.cli.replay.past import Event, events, read_past, stations
from voltway.kernel.ids import TransactionRef
from voltway.kernel.units import RegisterWh
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway.sessions import sweeps
from voltway.stations.reports import Context, Ended, Reading, Started

FILE = Path(__file__).parents[2] / "data" / "sessions_workplace.csv"
HOW_MANY = 300


def begins(event: Event, ref: str | None) -> Started:
    """Without a name as 1.6 tells it, with one as 2.x does."""
    return Started(
        ref=None if ref is None else TransactionRef(ref),
        evse=event.evse,
        connector=1,
        token=CARD,
        at=event.at,
        readings=(Reading(event.at, RegisterWh(0), context=Context.BEGIN),),
        seq=None if ref is None else 0,
    )


def ends(event: Event, ref: str) -> Ended:
    register = RegisterWh(event.session.energy_wh)
    return Ended(
        ref=TransactionRef(ref),
        reason="EVDisconnected",
        at=event.at,
        readings=(Reading(event.at, register, context=Context.END),),
        seq=None if ref.isdigit() else 1,
    )


async def test_real_sessions_keep_their_energy_and_none_waits_for_a_person(
    database: Database, clock: JumpingClock
) -> None:
    past = read_past(FILE)[-HOW_MANY:]
    told = events(past)
    shift = clock.now() - told[0].at  # the test's clock stands after the data's year
    lines: dict[str, Line] = {}
    async with database.begin() as work:
        party = await a_party(work)
        await a_token(work, party, CARD)
        place = await a_location(work, party, time_zone="UTC")
        for name, evses in stations(told).items():
            made = await a_station(work, party, place, evses=evses, power_w=50_000)
            lines[name] = Line(database.begin, made.station.id)

    refs: dict[str, str] = {}
    for nth, event in enumerate(told):
        clock.jump_to(event.at + shift)
        moved = Event(event.at + shift, event.begins, event.evse, event.session)
        line, name = lines[event.session.station], event.session.name
        if event.begins:
            given = f"u{name}" if nth % 2 else None
            refs[name] = str((await line.tell(begins(moved, given))).ref or given)
        else:
            await line.tell(ends(moved, refs[name]))
        if nth % 50 == 0:
            await sweeps.end_forgotten(database.begin)

    kept = {str(session.ref): session for session in await line.sessions()}
    assert len(kept) == HOW_MANY
    for session in past:
        found = kept[refs[session.name]]
        assert (found.energy_wh, found.started_at, found.ended_at) == (
            session.energy_wh,
            session.begins + shift,
            session.ends + shift,
        )
        assert not found.doubts | found.judged
