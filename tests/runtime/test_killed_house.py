"""A process killed in the middle of its work loses nothing that it said it had kept."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

#: A sample of a long campaign: `make samples`.
pytestmark = pytest.mark.campaign

HOUSE = Path(__file__).with_name("killed_house.py")
SRC = Path(__file__).parents[2] / "src"


def start(folder: Path, seconds: float) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, HOUSE, folder, str(seconds)],
        env={**os.environ, "PYTHONPATH": str(SRC)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_nothing_that_was_acknowledged_is_lost_by_kills(data_folder: Path) -> None:
    chance = random.Random(7)
    acknowledged: list[int] = []
    ready_s = []
    for _ in range(3):
        began = time.monotonic()
        with start(data_folder, 60) as house:
            assert house.stdout is not None
            assert house.stdout.readline() == "ready\n"
            ready_s.append(time.monotonic() - began)
            acknowledged += [int(house.stdout.readline()) for _ in range(chance.randint(20, 200))]
            house.kill()
            acknowledged += [int(line) for line in house.stdout.read().splitlines()]

    with start(data_folder, 0) as house:
        assert house.stdout is not None
        told = house.stdout.read().splitlines()
    books = json.loads(told[-1])

    assert len(acknowledged) == len(set(acknowledged)) > 50
    assert {str(number) for number in acknowledged} <= books["kept"].keys()
    assert set(books["heard"].values()) == {1}, "each fact had its effect exactly once"
    assert books["heard"].keys() == books["done"].keys() == books["kept"].keys()
    assert ready_s[1] < 10, "the house is there again soon"
