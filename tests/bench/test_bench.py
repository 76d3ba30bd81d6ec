"""The benchmark works and its figures are complete. How fast anything is, is not asked here."""

import asyncio
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from bench import crowd, growth, load, paced, page, programs, throughput, whole
from bench import figure as figures
from bench.figure import ECHO, GATEWAY, HOUSE, LEAST, PACKAGE, Figure, Measure, Target
from bench.furnish import Network
from bench.plan import Pace
from bench.programs import ROOT, Contestant, paths

#: A sample of a long campaign: `make samples`.
pytestmark = pytest.mark.campaign

QUICK = Pace(warmup_s=0.3, duration_s=0.7)
ALL = (GATEWAY, ECHO, PACKAGE)


def _complete(made: Figure, *who: str) -> None:
    """All took part, all answered, nothing failed."""
    assert [each.who for each in made.measures] == list(who)
    for each in made.measures:
        assert each.calls > 0, f"{each.who} answered nothing"
        assert each.cpu_s_per_10k >= 0
        assert each.p99_ms > 0
        assert each.errors == 0, f"{each.who} failed"


def test_meter_values_are_measured_beside_both_yardsticks(them: Sequence[Contestant]) -> None:
    (made,) = throughput.meter(them, [10], QUICK)
    _complete(made, *ALL)
    assert [target.limit for target in made.targets] == [5, pytest.approx(1 / 15)]


def test_whole_sessions_are_measured_in_both_versions(them: Sequence[Contestant]) -> None:
    of_both = list(throughput.sessions(them, [5], ["1.6", "2.0.1"], QUICK))
    assert [made.title for made in of_both] == [
        "sessions, 1.6, 5 stations",
        "sessions, 2.0.1, 5 stations",
    ]
    for made in of_both:
        _complete(made, *ALL)
        assert [target.limit for target in made.targets] == [8, 1 / 8]


def test_the_least_that_is_durable_answers_and_keeps_what_is_told() -> None:
    with programs.least() as least:
        cost = load.meter_values(least, stations=5, warmup_s=0.3, duration_s=0.7)
        assert cost.calls > 0
        assert cost.errors == 0
        for version in ("1.6", "2.0.1"):
            told = load.sessions(least, stations=5, version=version, warmup_s=0.3, duration_s=0.7)
            assert told.calls > 0
            assert told.errors == 0
        kept = asyncio.run(_count(least.database, "SELECT count(*) FROM least_reading"))
        assert kept >= cost.calls


async def _count(address: str, sql: str) -> int:
    line = await asyncpg.connect(address)
    try:
        return int(await line.fetchval(sql))
    finally:
        await line.close()


def test_a_pace_is_kept(them: Sequence[Contestant]) -> None:
    (made,) = paced.paced(them, [50], ["1.6"], QUICK)
    _complete(made, *ALL)
    for each in made.measures:
        assert each.calls_per_s <= 75, f"{each.who} was not paced"


def test_latency_is_measured_at_half_of_what_saturates(them: Sequence[Contestant]) -> None:
    loads = {"MeterValues, 1.6": load.meter_values}
    (made,) = paced.latency(them, 5, QUICK, loads)
    _complete(made, *ALL)
    assert made.targets[0].limit == 50
    assert made.targets[0].measured > 0


def test_a_crowd_is_weighed_and_comes_back_at_once(them: Sequence[Contestant]) -> None:
    memory, storm = crowd.crowd(them, 20, rest_s=0)
    assert [each.who for each in memory.measures] == list(ALL)
    assert [each.who for each in storm.measures] == list(ALL)
    for each in storm.measures:
        assert each.errors == 0, f"{each.who} refused somebody"
        assert each.more["all up, s"] > 0
    assert len(storm.targets) == 3


def test_growth_is_measured_with_every_index_in_place(them: Sequence[Contestant]) -> None:
    gateway = them[0]
    before = asyncio.run(_indexes(gateway.database))
    note = growth.filled(gateway, 1000, 3, QUICK)
    assert re.match(r"1,\d{3} sessions in ", note)
    assert asyncio.run(_indexes(gateway.database)) == before
    full = load.sessions(gateway, stations=3, version="2.0.1", warmup_s=0.3, duration_s=0.7)
    assert full.errors == 0


async def _indexes(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT indexdef FROM pg_indexes WHERE tablename = 'session'")
        return {row["indexdef"] for row in rows}
    finally:
        await connection.close()


def test_the_whole_house_is_measured_until_all_is_settled(them: Sequence[Contestant]) -> None:
    with programs.house(Network(3, priced=True)) as house:
        (made,) = whole.whole(house, them[-1], [3], ["1.6"], QUICK)
    _complete(made, HOUSE, PACKAGE)
    assert re.search(r"[1-9]\d* sessions settled, 0 held", made.notes[0]), made.notes


def test_the_command_prints_and_keeps_what_it_measured(tmp_path: Path) -> None:
    file = tmp_path / "figures.jsonl"
    words = ("--stations", "3", "--seconds", "0.5", "--warmup", "0.3", "--json", str(file))
    done = subprocess.run(
        [sys.executable, "-m", "bench", "meter", *words],
        cwd=ROOT,
        env={**os.environ, **paths()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (made,) = figures.kept(file)
    assert f"== {made.title}" in done.stdout
    _complete(made, *ALL, LEAST)


def _kept(folder: Path, made: Iterable[Figure]) -> list[Figure]:
    file = folder / "figures.jsonl"
    for each in made:
        figures.keep(each, file)
    return figures.kept(file)


def _figure(title: str, measured: float) -> Figure:
    measures = [Measure(GATEWAY, 10, 5.0, measured), Measure(ECHO, 10, 5.0, 1.0)]
    return figures.figure("meter", title, measures, [Target("times the echo", measured, 5)])


def test_the_page_says_what_is_met_and_what_is_missed(tmp_path: Path) -> None:
    made = _kept(tmp_path, [_figure("one", 9.0), _figure("two", 6.0), _figure("one", 4.0)])
    assert [each.title for each in made] == ["one", "two"]
    file = tmp_path / "page.md"
    file.write_text(f"Before.\n{page.BEGIN}\nold\n{page.END}\nAfter.\n")
    page.write(made, file)
    text = file.read_text()
    assert text.startswith("Before.")
    assert text.endswith("After.\n")
    assert "old" not in text
    assert "1 of 2 targets are met, 1 missed" in text
    assert "| one | times the echo | 5 | 4 | met |" in text
    assert "| two | times the echo | 5 | 6 | **missed** |" in text


def test_nobody_is_measured_who_answers_nothing() -> None:
    with programs.echo() as echo:
        deaf = partial(load.sessions, stations=1, version="1.6", warmup_s=0, duration_s=0.2)
        with pytest.raises(programs.ProgramFailed):
            deaf(Contestant("nobody", "ws://127.0.0.1:1/ocpp", echo.pids))


def test_the_load_generator_of_others_is_unchanged() -> None:
    told = re.search(r"sha256 `(\w+)`", (ROOT / "bench" / "ORIGIN.md").read_text())
    assert told is not None
    loadgen = (ROOT / "bench" / "loadgen.py").read_bytes()
    assert hashlib.sha256(loadgen).hexdigest() == told[1]


def test_a_program_of_its_own_is_a_figure_of_all(tmp_path: Path) -> None:
    file = tmp_path / "figures.jsonl"
    done = subprocess.run(
        [sys.executable, "-m", "bench.settlement", "--sessions", "10", "--json", str(file)],
        cwd=ROOT,
        env={**os.environ, **paths()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (made,) = figures.kept(file)
    assert made.group == "settlement"
    assert all(each.calls_per_s > 0 for each in made.measures)
    assert [target.limit for target in made.targets] == [5]
