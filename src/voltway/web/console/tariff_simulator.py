"""The simulator: what past sessions would have cost under a draft, and why."""

from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any, Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Response

from voltway.billing import simulating, simulation_runs
from voltway.billing.simulating import TRACED_MAX, Simulation
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import LocationId
from voltway.kernel.money import Money
from voltway.parties.model import Actor, Permission
from voltway.runtime.work import Work
from voltway.tariffs.model import Dimension, Tariff
from voltway.tariffs.ocpi import read_tariff
from voltway.web.appearance import Form
from voltway.web.console.door import console_page, uuid_of
from voltway.web.formats import Formats
from voltway.web.house import House
from voltway.web.pages import HttpRequest, formats_of, see_other
from voltway.web.problems import STATUS

#: So many days are looked at where none are chosen.
DAYS: Final = 7

#: The picture of the days: its height, the width of a day, and of the gap after it.
HIGH: Final = 88
WIDE: Final = 16
GAP: Final = 6
#: More days than these are shown as months.
DAYS_SHOWN: Final = 62

WHAT: Final = {
    Dimension.ENERGY: "Energy",
    Dimension.TIME: "Charging time",
    Dimension.PARKING_TIME: "Idle fee",
    Dimension.FLAT: "Start fee",
}


class NoDraft(Refusal):
    """Choose a tariff, or paste the OCPI document of a draft."""

    kind = Kind.INVALID


class NoDay(Refusal):
    """Give both days as year, month and day, such as 2026-03-02."""

    kind = Kind.INVALID


@dataclass(frozen=True, slots=True)
class Bar:
    """A day or a month: what was billed, and what would have been, as heights of the picture."""

    x: int
    old_y: int
    new_y: int
    word: str
    old: str
    new: str


@get("/tariffs/simulate", include_in_schema=False)
async def simulator(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    today = formats_of(request, house).now.date()
    given = {"first": (today - timedelta(days=DAYS)).isoformat(), "last": today.isoformat()}
    return await _page(request, house, actor, given)


@post("/tariffs/simulate", include_in_schema=False)
async def simulate(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """Price the sessions of the chosen days under the draft, at once; of very many by a job, which
    has a page of its own."""
    actor.must(Permission.SEE_MONEY)
    given = {name: data.get(name, "") for name in ("first", "last", "tariff", "text", "location")}
    try:
        first, last = _day(given["first"]), _day(given["last"])
        async with house.begin(actor.party) as work:
            document = await _document(work, given)
            draft, place = read_tariff(document), uuid_of(given["location"])
            where = None if place is None else LocationId(place)
            if await simulating.is_too_much(work, actor.party, draft, first, last, where):
                run = await simulation_runs.ask(
                    work, actor.party, document, first, last, location=where, by=actor.name
                )
                return see_other(f"/console/tariffs/simulations/{run.id}")
            made = await simulating.simulate(work, actor.party, draft, first, last, location=where)
    except Refusal as no:
        status = STATUS[no.kind]
        return await _page(request, house, actor, given, trouble=str(no), status=status)
    return await _page(request, house, actor, given, made=made, draft=draft)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NoDay from error


async def _document(work: Work, given: dict[str, str]) -> str:
    if given["text"].strip():
        return given["text"]
    row = await work.one(
        "SELECT document FROM tariff_view WHERE newest AND tariff_ident = $1",
        given["tariff"].replace("\x00", "")[:36],
    )
    if row is None:
        raise NoDraft
    return str(row["document"])


async def _page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    given: dict[str, str],
    *,
    made: Simulation | None = None,
    draft: Tariff | None = None,
    trouble: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        idents = await work.all(
            "SELECT tariff_ident FROM tariff_view WHERE newest ORDER BY tariff_ident LIMIT 500"
        )
        places = await work.all("SELECT id, name FROM location_view ORDER BY name LIMIT 500")
        recent = await simulation_runs.recent(work, actor.party)
    return await console_page(
        request,
        house,
        actor,
        "console/tariff_simulator.html",
        status=status,
        place="tariffs",
        idents=[row["tariff_ident"] for row in idents],
        places=places,
        given=given,
        trouble=trouble,
        recent=recent,
        **seen(made, formats_of(request, house)),
        draft=draft.id if draft else "",
    )


def seen(made: Simulation | None, formats: Formats) -> dict[str, Any]:
    """What a page shows of a simulation."""
    if made is None:
        return {"made": None}
    bars = _bars(made, formats)
    return {
        "made": made,
        "shown": made.sessions[:TRACED_MAX],
        "bars": bars,
        "by_month": _is_by_month(made),
        "wide": max(1, len(bars)) * (WIDE + GAP),
        "high": HIGH,
        "bar": WIDE,
        "moved": signed(made.difference, formats),
        "signed": lambda money: signed(money, formats),
        "share": _share(made, formats),
        "words": _words(made, formats),
        "what": WHAT,
    }


def signed(money: Money, formats: Formats) -> str:
    """A difference, with its sign."""
    told = formats.money(money)
    return f"+{told}" if money.minor > 0 else told


def _share(made: Simulation, formats: Formats) -> str:
    """The difference as a share of what was billed; nothing where nothing was."""
    if not made.old.minor:
        return ""
    share = 100 * made.difference.decimal / made.old.decimal
    told = formats.percent(share, 1)
    return f"+{told}" if made.difference.minor > 0 else told


def _is_by_month(made: Simulation) -> bool:
    return len(made.sums.days) > DAYS_SHOWN


def _bars(made: Simulation, formats: Formats) -> list[Bar]:
    """A bar for each day; of very many days, for each month."""
    sums: dict[str, tuple[int, int]] = {}
    for each in made.sums.days:
        word = f"{each.day:%Y-%m}" if _is_by_month(made) else each.day.isoformat()
        old, new = sums.get(word, (0, 0))
        sums[word] = (old + each.old_minor, new + each.new_minor)
    most = max((max(pair) for pair in sums.values()), default=0) or 1
    return [
        Bar(
            x=nth * (WIDE + GAP),
            old_y=HIGH - round(HIGH * old / most),
            new_y=HIGH - round(HIGH * new / most),
            word=word,
            old=formats.amount(old, made.currency),
            new=formats.amount(new, made.currency),
        )
        for nth, (word, (old, new)) in enumerate(sums.items())
    ]


def _words(made: Simulation, formats: Formats) -> str:
    """The finding, as a sentence."""
    moved = made.difference.minor
    more = "more" if moved > 0 else "less"
    change = f"{formats.money(made.difference if moved > 0 else -made.difference)} {more}"
    return (
        f"{made.sums.compared_n} sessions were billed {formats.money(made.old)}; under the draft "
        f"they would have been billed {formats.money(made.new)}, "
        f"{change if moved else 'the same'}."
    )
