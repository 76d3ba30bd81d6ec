"""The calibration of meters over the API."""

from typing import Any

import pytest
from httpx import AsyncClient

from tests.network import AStation, a_station
from tests.web.api.conftest import Caller, a_caller
from voltway.parties import actions as parties
from voltway.parties.model import Role
from voltway.runtime.work import BeginWork


@pytest.fixture
async def here(owner: Caller, begin: BeginWork) -> AStation:
    async with begin() as work:
        return await a_station(work, owner.party)


def path_of(here: AStation, number: int = 1) -> str:
    return f"/evses/{here.evse(number)}"


async def patched(caller: Caller, here: AStation, **body: object) -> dict[str, Any]:
    answer = await caller.ask("PATCH", path_of(here), json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert (await caller.get(path_of(here))).json() == found
    return found


async def test_a_calibration_is_written_down_changed_in_part_and_cleared(
    owner: Caller, here: AStation, begin: BeginWork
) -> None:
    def kept(evse: dict[str, Any]) -> tuple[str | None, str]:
        return evse["meter_valid_until"], evse["meter_note"]

    assert kept((await owner.get(path_of(here))).json()) == (None, "")
    first = await patched(owner, here, meter_valid_until="2031-12-31", meter_note="2023")
    day = await patched(owner, here, meter_valid_until="2026-01-31")
    note = await patched(owner, here, meter_note="TUV 4711")
    same = await patched(owner, here)
    cleared = await patched(owner, here, meter_valid_until=None)

    assert kept(first) == ("2031-12-31", "2023")
    assert kept(day) == ("2026-01-31", "2023")
    assert kept(note) == kept(same) == ("2026-01-31", "TUV 4711")
    assert kept(cleared) == (None, "")
    async with begin() as work:
        did = [each.did for each in await parties.audited(work, owner.party.id)]
    assert did == ["cleared a meter's calibration", *["wrote down a meter's calibration"] * 3]


async def test_those_that_end_by_a_day_are_listed(owner: Caller, here: AStation) -> None:
    await patched(owner, here, meter_valid_until="2026-05-31")
    await owner.ask("PATCH", path_of(here, 2), json={"meter_valid_until": "2031-12-31"})

    found = await owner.items("/evses?meter_ends_by=2026-05-31")

    assert [each["number"] for each in found] == [1]
    assert await owner.items("/evses?meter_ends_by=2026-05-30") == []
    assert len(await owner.items("/evses?meter_ends_by=2031-12-31")) == 2
    assert (await owner.get("/evses?meter_ends_by=soon")).status_code in {400, 422}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"meter_valid_until": "9999-12-31"}, "not more than 20 years from now"),
        ({"meter_valid_until": "1999-12-31"}, "in 2000 or later"),
        ({"meter_valid_until": "31.12.2031"}, "meter_valid_until"),
        ({"meter_valid_until": "2031-12-31;x"}, "meter_valid_until"),
        ({"meter_valid_until": 2031}, "meter_valid_until"),
        ({"meter_note": "2023"}, "Say the last day of the meter too"),
        ({"meter_valid_until": None, "meter_note": "2023"}, "Say the last day of the meter too"),
        ({"meter_valid_until": "2031-12-31", "meter_note": "a\nb"}, "one line"),
        ({"meter_valid_until": "2031-12-31", "meter_note": "x" * 101}, "meter_note"),
        ({"power_w": 350_000}, "power_w"),
    ],
)
async def test_a_slip_is_told_and_nothing_is_kept(
    owner: Caller, here: AStation, body: dict[str, object], says: str
) -> None:
    answer = await owner.ask("PATCH", path_of(here), json=body)

    assert answer.status_code in {400, 422}, answer.text
    assert says in answer.text
    assert (await owner.get(path_of(here))).json()["meter_valid_until"] is None


async def test_only_who_may_edit_the_network_of_the_party_changes_it(
    owner: Caller, stranger: Caller, here: AStation, begin: BeginWork, client: AsyncClient
) -> None:
    viewer = await a_caller(begin, client, owner.party, Role.VIEWER)
    body = {"meter_valid_until": "2031-12-31"}

    assert (await stranger.ask("PATCH", path_of(here), json=body)).status_code == 404
    assert (await viewer.ask("PATCH", path_of(here), json=body)).status_code == 403
    assert (await viewer.get(path_of(here))).json()["meter_valid_until"] is None
