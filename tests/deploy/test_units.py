"""The units of systemd start what there is, and give it the time that it needs to end."""

from pathlib import Path

import pytest

from tests.deploy.deployed import DEPLOY, UNITS, unit, unit_settings
from voltway.cli.workers import GRACE_S
from voltway.runtime import postgres

HOUSE = DEPLOY / "systemd" / "voltway.service"
MANY = DEPLOY / "systemd" / "voltway.service.d" / "workers.conf"

every_unit = pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)


def port(address: str) -> int:
    return int(address.rpartition(":")[2])


def test_there_is_a_unit_for_the_whole_house_and_one_for_each_role() -> None:
    roles = {unit_settings(file).role: file.name for file in UNITS}

    assert roles == {
        "all": "voltway.service",
        "gateway": "voltway-gateway@.service",
        "web": "voltway-web@.service",
        "worker": "voltway-worker@.service",
    }


@every_unit
def test_a_unit_starts_a_command_that_there_is(file: Path) -> None:
    settings = unit_settings(file)

    assert port(settings.http) != port(settings.ocpp)


@pytest.mark.parametrize("file", [*UNITS, MANY], ids=lambda file: file.name)
def test_a_unit_runs_no_program_that_a_small_machine_lacks(file: Path) -> None:
    programs = {
        command.split()[0]
        for name, commands in unit(file).items()
        if name.startswith("Exec")
        for command in commands
    }

    assert programs
    assert programs <= {"/opt/voltway/bin/voltway", "/bin/sh"}, "kill and others are of procps"


@every_unit
def test_a_stopping_process_has_drained_before_it_is_killed(file: Path) -> None:
    (within,) = unit(file)["TimeoutStopSec"]
    settings = unit_settings(file)
    after_s = settings.drain_s + GRACE_S + postgres.STOP_S_MAX if settings.role == "all" else 0

    assert int(within) > settings.drain_s + after_s


@every_unit
def test_only_the_first_process_is_told_to_stop(file: Path) -> None:
    assert unit(file)["KillMode"] == ["mixed"], "PostgreSQL stops last, and is not to hear of it"


@every_unit
def test_all_units_are_held_as_tightly(file: Path) -> None:
    beginning = "# What it may touch"

    assert (
        file.read_text().partition(beginning)[2] == HOUSE.read_text().partition(beginning)[2] != ""
    )


def test_health_ports_of_a_machine_are_not_those_of_others() -> None:
    ports = [port(unit_settings(file).http) for file in UNITS if "@" in file.name]

    assert len(set(ports)) == len(ports) == 3


def test_only_a_house_of_many_processes_is_renewed_by_a_reload() -> None:
    assert unit_settings(HOUSE, MANY).workers > 0
    assert "-HUP" in unit(MANY)["ExecReload"][0]
    assert "ExecReload" not in unit(HOUSE), "SIGHUP would end a house of one process"
