"""``voltway replay``: real sessions come out of the whole house as they went in."""

import asyncio
import csv
import os
import re
import shutil
import sys
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest

from voltway.cli.main import app, run

ROOT = Path(__file__).parents[2]
SESSIONS = ROOT / "data" / "sessions_workplace.csv"
TARIFF = ROOT / "data" / "workplace_tariff.json"
WITHIN_S = 180


async def replayed(*words: str) -> tuple[int, dict[str, str]]:
    """The real command's exit status, and the lines that it printed by their first words."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "voltway.cli", "replay"),
        *words,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    async with asyncio.timeout(WITHIN_S):
        out, _ = await process.communicate()
    assert process.returncode is not None
    lines = out.decode().splitlines()
    return process.returncode, {line[:16].strip(): line[16:].strip() for line in lines}


async def test_the_first_sessions_are_metered_priced_paid_posted_receipted_and_recomputed() -> None:
    status, told = await replayed(
        str(SESSIONS), "--tariff", str(TARIFF), "--limit", "20", "--check"
    )

    assert status == 0
    assert told["sessions"] == "20 of 20"
    assert told["receipts"] == "20"
    with SESSIONS.open() as file:
        kwh = sum(Decimal(row["kwhTotal"]) for row in islice(csv.DictReader(file), 20))
    assert told["energy"] == f"{kwh:.2f} kWh of {kwh:.2f} kWh"
    assert told["as really paid"] == "19 of 20 amounts are equal", "the third paid 9 cents less"
    assert told["for review"] == "0 sessions"
    assert told["ledger"].endswith("sums differ from zero by 0")
    assert "missing" not in told
    assert told["recomputed"] == "20 of 20 bills are equal from their raw frames"
    assert re.fullmatch(
        r"([1-9]\d*) of \1 lines of the provider are explained, 1 of 1 payouts booked, 0 owed",
        told["reconciled"],
    )


def head_and(*lines: str) -> str:
    head, first = SESSIONS.read_text().splitlines()[:2]
    return "\n".join([head, first, *lines]) + "\n"


LINE = SESSIONS.read_text().splitlines()[2]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(
            head_and(LINE.replace("9.74", "9,74")),
            "{file}, line 3: it has 25 fields instead of 24.",
            id="a decimal comma is one field too many",
        ),
        pytest.param(
            head_and(LINE.replace("9.74", "much")),
            "{file}, line 3: kwhTotal is no number, but much.",
            id="energy that is no number",
        ),
        pytest.param(
            head_and(LINE.replace("9.74", "1e999999999")),
            "{file}, line 3: kwhTotal is no number, but 1e999999999.",
            id="energy beyond all measure",
        ),
        pytest.param(
            head_and("", LINE.replace("9.74", "-9.74")),
            "{file}, line 4: energy and dollars cannot be negative.",
            id="energy that is negative, after an empty line",
        ),
        pytest.param(
            head_and(LINE + "9" * 200_000),
            "{file}, line 3: field larger than field limit (131072).",
            id="a field that does not end",
        ),
        pytest.param(
            head_and(LINE.replace("0014-11-19 17:40:26", "yesterday")),
            "{file}, line 3: created is no time such as 2014-11-18 15:40:26, but yesterday.",
            id="a time that is none",
        ),
        pytest.param(
            head_and(LINE.replace("549414", "")), "{file}, line 3: stationId is empty.", id="empty"
        ),
        pytest.param(
            head_and(LINE, LINE),
            "{file}, line 4: the session 3075723 is there twice.",
            id="a session that is there twice",
        ),
        pytest.param(
            head_and(LINE.replace("19:51:04", "17:00:00")),
            "{file}, line 3: the session ends before it begins.",
            id="the end before the begin",
        ),
        pytest.param(
            head_and().replace("kwhTotal", "energy"),
            "{file}, line 1: the column kwhTotal is missing.",
            id="a missing column",
        ),
        pytest.param(
            SESSIONS.read_text().splitlines()[0],
            "{file}, line 1: there is no session below the head.",
            id="no session",
        ),
        pytest.param("", "{file}, line 1: the column sessionId is missing.", id="an empty file"),
    ],
)
def test_a_broken_file_is_told_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, said: str
) -> None:
    file = tmp_path / "sessions.csv"
    file.write_text(content)

    status = run(app, ["replay", str(file), "--tariff", str(TARIFF)])

    told = capsys.readouterr()
    assert (status, told.out) == (2, "")
    assert told.err == said.format(file=file) + "\n"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(
            ('"FLAT"', '"FLATT"'),
            "{file}: The tariff has a fault at elements[0].price_components[0].type: 'FLATT' is "
            "none of ENERGY, TIME, PARKING_TIME, FLAT.",
            id="a dimension that OCPI does not know",
        ),
        pytest.param(
            ('"step_size": 300}', '"step_size": 300'),
            "{file}: The tariff is not JSON: expecting ',' delimiter at line 16, column 7.",
            id="no JSON",
        ),
    ],
)
def test_a_broken_tariff_is_told_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], said: str
) -> None:
    file = tmp_path / "tariff.json"
    file.write_text(TARIFF.read_text().replace(*change, 1))

    status = run(app, ["replay", str(SESSIONS), "--tariff", str(file)])

    told = capsys.readouterr()
    assert (status, told.out) == (2, "")
    assert told.err == said.format(file=file) + "\n"


def test_files_that_are_not_there_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = str(tmp_path / "nowhere")

    assert run(app, ["replay", nowhere, "--tariff", str(TARIFF)]) == 2
    assert run(app, ["replay", str(SESSIONS), "--tariff", nowhere]) == 2

    sentence = f"{nowhere} cannot be read: no such file or directory.\n"
    assert capsys.readouterr().err == 2 * sentence


def test_what_lies_in_a_folder_is_never_replayed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(TARIFF, tmp_path)

    words = ["replay", str(SESSIONS), "--tariff", str(TARIFF), "--data", str(tmp_path)]

    assert run(app, words) == 2
    assert (
        capsys.readouterr().err == f"The folder {tmp_path} cannot take a replay: it is not empty.\n"
    )
