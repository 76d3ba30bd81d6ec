"""What became of each session into which a quirk was put, and of the house as a whole."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from tests.ocpp.collected import Case
from tests.simulation.quirk_acts import Telling
from tests.simulation.quirk_line import STEPS, Line
from voltway.ledger import actions as ledger
from voltway.runtime.jobs_seen import seen
from voltway.runtime.work import BeginWork, Row
from voltway.stations import actions as stations

#: So that the day and hour at which most frames of the collection play lies between two readings.
BEGINS: Final = datetime(2026, 10, 1, 9, 45, tzinfo=UTC)
PAUSE: Final = timedelta(minutes=5)
#: Before each step, right after the last, and when the bill is written.
AFTER_STOP: Final = len(STEPS)
AFTER_BILL: Final = len(STEPS) + 1
PLACES: Final = range(AFTER_BILL + 1)

#: As in the tariff of ``quirks``.
CENTS_A_KWH: Final = 40
CENTS_A_MINUTE: Final = 5
#: The plain session: 4 kWh in 40 minutes.
CLEAN_CENTS: Final = 360
ENERGY_WH: Final = 4_000
#: Cases that are an end of our session, told by its name with a register and a time that fit. It is
#: billed as told, at once; and what comes after it is marked on the session for a person.
REAL_ENDS: Final[dict[str, str]] = {
    "A-008": "a stop by our name at 5,000 Wh",
    "E-001": "a stop by our name at 5,000 Wh",
    "E-002": "a stop by our name at 5,000 Wh",
    "T-001": "a stop by our name at 5,000 Wh",
    "T-003": "a stop by our name at 8,016 Wh",
    "T-012": "a stop by our name at 9,000 Wh",
}


@dataclass(frozen=True, slots=True)
class Played:
    """A case at a place of the session, told so."""

    case: Case | None
    subprotocol: str
    place: int
    telling: Telling

    @property
    def words(self) -> str:
        name = self.case.id if self.case else "no quirk"
        where = {AFTER_STOP: "after the stop", AFTER_BILL: "after the bill"}.get(
            self.place, f"before step {self.place}"
        )
        return f"{name} in {self.subprotocol} {where}, {self.telling.value}"


@dataclass
class Outcome:
    """What a campaign found. Without findings all is well."""

    cases: int = 0
    equal: int = 0
    held: int = 0
    ended: int = 0
    findings: list[str] = field(default_factory=list)
    held_by: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    seconds: float = 0.0

    @property
    def sessions(self) -> int:
        return self.equal + self.held + self.ended + len(self.findings)


async def judge(begin: BeginWork, played: Sequence[tuple[Played, Line]], outcome: Outcome) -> None:
    """Compare each session's bill with that of the plain session."""
    by_station = defaultdict(list)
    for row in await _read(
        begin,
        """
        SELECT s.station_id, s.ref, s.token_uid, s.started_at, s.ended_at, s.energy_wh, s.doubts,
               t.state, t.last_trouble, i.total_minor
          FROM session_view s
          LEFT JOIN settlement_view t ON t.session_id = s.id
          LEFT JOIN invoice_view i ON i.session_id = s.id
        """,
    ):
        by_station[row["station_id"]].append(row)
    for each, line in played:
        wrong = [*line.troubles, *(line.beside.troubles if line.beside else ())]
        rows, known = by_station[line.station], [line, *([line.beside] if line.beside else [])]
        verdicts = [_verdict(each, one, rows, wrong) for one in known]
        verdict = next((each for each in verdicts if each != "equal"), "equal")
        refs = {one.ref for one in known}
        others = [row for row in rows if row["ref"] not in refs and row["total_minor"]]
        wrong += [f"another session was billed {_shown(row)}" for row in others]
        if wrong:
            outcome.findings.append(f"{each.words}: {'; '.join(wrong)}")
        elif verdict == "equal":
            outcome.equal += 1
        elif verdict == "ended":
            outcome.ended += 1
        else:
            outcome.held += 1
            assert each.case is not None
            outcome.held_by[each.case.id][verdict] += 1
    outcome.findings += await _house_findings(begin)
    outcome.findings += await _frame_findings(begin, played)


def _verdict(each: Played, line: Line, rows: Sequence[Row], wrong: list[str]) -> str:
    ours = [row for row in rows if row["ref"] == line.ref]
    billed = [row for row in ours if row["total_minor"] is not None]
    if not billed:
        held = [row["last_trouble"] for row in ours if row["state"] == "held"]
        if not held:
            wrong.append(f"neither billed nor held: {[_shown(row) for row in ours]}")
        if each.case is None:
            wrong.append("the plain session is held")
        return " / ".join(held)
    if len(billed) > 1:
        wrong.append(f"billed twice: {[_shown(row) for row in billed]}")
    if _is_clean(billed[0], line.card):
        return "equal"
    if each.case is None or each.case.id not in REAL_ENDS or not _is_marked_end(billed[0]):
        wrong.append(f"billed {_shown(billed[0])}")
    return "ended"


def _is_marked_end(row: Row) -> bool:
    """Whether it is billed as that end told, and a person is told of what came after it."""
    minutes = int((row["ended_at"] - row["started_at"]).total_seconds()) // 60
    cents = (row["energy_wh"] * CENTS_A_KWH + 500) // 1000 + minutes * CENTS_A_MINUTE
    return row["total_minor"] == cents and not MARKS.isdisjoint(row["doubts"])


def _is_clean(row: Row, card: str) -> bool:
    return bool(
        (row["total_minor"], row["energy_wh"], row["token_uid"]) == (CLEAN_CENTS, ENERGY_WH, card)
        and row["started_at"].time() == BEGINS.time()
        and row["ended_at"] - row["started_at"] == 8 * PAUSE
    )


def _shown(row: Row) -> str:
    times = f"{row['started_at']:%d. %H:%M} to {row['ended_at'] or row['started_at']:%d. %H:%M}"
    return (
        f"{row['total_minor']} cents, {row['energy_wh']} Wh, {times}, {row['token_uid']},"
        f" {row['state']}, {row['doubts']}"
    )


async def _house_findings(begin: BeginWork) -> list[str]:
    """What is wrong with the house as a whole."""
    found = [
        f"a frame of {row['identity']} failed inside: {row['action']}, {row['why']}"
        for row in await _read(begin, "SELECT * FROM frame_review_view")
    ]
    found += [f"a fact was laid aside: {dict(row)}" for row in await _read(begin, DEAD_FACTS)]
    async with begin() as work:
        found += [f"a job was laid aside: {job}" for job in await seen(work, None, ["failed"])]
        if not (await ledger.trial_balance(work)).balances:
            found.append("the books do not balance")
    return found


#: What tells a person that the station went on after the end that was billed.
MARKS: Final = frozenset({"second_end", "end_after_bill"})

DEAD_FACTS: Final = "SELECT * FROM dead_fact"


async def _frame_findings(begin: BeginWork, played: Sequence[tuple[Played, Line]]) -> list[str]:
    """Frames that were sent and not kept, of some of the stations."""
    found = []
    for each, line in played[::25]:
        async with begin() as work:
            kept = {frame.text for frame in await stations.last_frames(work, line.station, 200)}
        lost = [text for text in line.said if text.encode() not in kept]
        if lost:
            found.append(f"{each.words}: not kept: {lost[0][:200]}")
    return found


async def _read(begin: BeginWork, sql: str) -> Sequence[Row]:
    async with begin() as work:
        return await work.all(sql)


def report(outcome: Outcome) -> Iterator[str]:
    yield from outcome.findings
    yield ""
    for id, reasons in sorted(outcome.held_by.items()):
        for reason, times in reasons.most_common():
            yield f"{id}: held {times} times: {reason}"
    yield ""
    yield (
        f"{outcome.cases} cases, {outcome.sessions} sessions in {outcome.seconds:.0f} s: "
        f"{outcome.equal} billed as without the quirk, {outcome.held} held for a person, "
        f"{outcome.ended} ended early by a real end and marked, "
        f"{len(outcome.findings)} findings"
    )
