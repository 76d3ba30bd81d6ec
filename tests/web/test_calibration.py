"""Operators write down until when meters may be used for bills, and see which end soon."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.conftest import sits_down
from voltway.parties import actions as parties
from voltway.parties.model import Role

#: It is Monday the 2nd of March 2026, 14:00 in Helsinki.
ALL = "/console/calibration"


def page_of(scene: Scene) -> str:
    return f"/console/stations/{scene.station.station.id}/calibration"


def fields(scene: Scene, number: int, until: str, note: str = "") -> dict[str, str]:
    evse = scene.station.evse(number)
    return {f"until-{evse}": until, f"note-{evse}": note}


async def writes(owner: Browser, scene: Scene, number: int, until: str, note: str = "") -> None:
    answer = await owner.sends(page_of(scene), **fields(scene, number, until, note))
    assert answer.status_code == 303, words_of(answer.text)


async def audited(scene: Scene) -> list[tuple[str, str, dict[str, str]]]:
    async with scene.begin() as work:
        found = await parties.audited(work, scene.station.party.id)
    return [(each.did, each.on, dict(each.detail)) for each in found if "calibration" in each.did]


async def test_the_last_days_of_a_station_are_written_down_changed_and_cleared(
    owner: Browser, scene: Scene
) -> None:
    station = f"/console/stations/{scene.station.station.id}"
    assert "Meter good until not told" in await owner.reads(station)

    await writes(owner, scene, 1, "2031-12-31", "2023, TUV 4711")

    said = (await owner.opens(page_of(scene))).text
    assert 'value="2031-12-31"' in said
    assert 'value="2023, TUV 4711"' in said
    assert "Meter good until 31 December 2031" in await owner.reads(station)
    await owner.sends(
        page_of(scene), **fields(scene, 1, "2031-12-31", "2023, TUV 4711") | fields(scene, 2, "")
    )
    await writes(owner, scene, 1, "")
    assert 'value="2031-12-31"' not in (await owner.opens(page_of(scene))).text
    bay = f"evse:{scene.station.evse(1)}"
    assert await audited(scene) == [
        ("cleared a meter's calibration", bay, {}),
        ("wrote down a meter's calibration", bay, {"until": "2031-12-31"}),
    ]


async def test_what_has_ended_is_kept_and_seen_plainly(owner: Browser, scene: Scene) -> None:
    await writes(owner, scene, 1, "2026-02-28")

    assert "ended 2 days ago" in await owner.reads(page_of(scene))
    station = await owner.reads(f"/console/stations/{scene.station.station.id}")
    assert "Meter good until 28 February 2026 ended 2 days ago" in station


async def test_all_that_end_within_ninety_days_are_listed_the_first_first(
    owner: Browser, scene: Scene
) -> None:
    empty = await owner.reads(ALL)
    assert "No calibration ends soon" in empty
    assert f"{scene.station.station.identity} Market Square 2" in empty

    await writes(owner, scene, 2, "2026-06-01")
    assert "No calibration ends soon" in await owner.reads(ALL)
    await writes(owner, scene, 2, "2026-05-31", "the left one")
    await writes(owner, scene, 1, "2026-03-02")

    said = await owner.reads(ALL)
    assert said.index("2 March 2026 today is the last day") < said.index("31 May 2026 90 days left")
    assert "the left one" in said
    assert "Without a last day" not in said
    scene.clock.jump(timedelta(hours=11))  # it is Tuesday at the place, and Monday in London
    said = await owner.reads(ALL)
    assert "2 March 2026 ended 1 day ago" in said
    assert "31 May 2026 89 days left" in said


@pytest.mark.parametrize(
    ("until", "note", "says"),
    [
        ("31.12.2031", "", "Bay 2: Write the last day of a meter as 2031-12-31."),
        ("9999-12-31", "", "Bay 2: The last day of a meter is in 2000 or later"),
        ("2031-12-31;1;x", "", "Bay 2: Write the last day"),
        ("", "2023", "Bay 2: Say the last day of the meter too"),
        ("2031-12-31", "x" * 101, "Bay 2: A note of a meter is one line"),
    ],
)
async def test_a_slip_is_told_with_its_bay_and_nothing_is_kept(
    owner: Browser, scene: Scene, until: str, note: str, says: str
) -> None:
    typed = fields(scene, 1, "2031-12-31") | fields(scene, 2, until, note)

    answer = await owner.sends(page_of(scene), **typed)

    assert answer.status_code == 422
    assert says in words_of(answer.text)
    assert 'value="2031-12-31"' in answer.text
    assert f'value="{until}"' in answer.text
    assert await scene.count("evse_view WHERE meter_valid_until IS NOT NULL") == 0
    assert await audited(scene) == []


async def test_who_may_not_edit_the_network_sees_it_and_changes_nothing(
    owner: Browser, scene: Scene
) -> None:
    await writes(owner, scene, 1, "2026-05-31")
    await sits_down(owner, scene, Role.VIEWER)

    assert "90 days left" in await owner.reads(ALL)
    assert "Keep" not in await owner.reads(page_of(scene))
    answer = await owner.sends(page_of(scene), **fields(scene, 1, "2031-12-31"))
    assert answer.status_code == 403


async def test_a_station_that_is_not_there_has_no_page(owner: Browser) -> None:
    path = f"/console/stations/{UUID(int=0)}/calibration"

    assert (await owner.opens(path)).status_code == 404
    assert (await owner.sends(path)).status_code == 404


async def test_the_list_is_found_where_one_looks_for_it(owner: Browser) -> None:
    assert ALL in (await owner.opens("/console/stations")).text
    assert ALL in (await owner.opens("/console/meters")).text
    answer = await owner.opens("/console/find?q=eichrecht")
    assert answer.headers["location"] == ALL


@pytest.mark.parametrize(
    ("tag", "says"),
    [
        ("en", "Meter verified until August 2031"),
        ("de", "Zähler geeicht bis August 2031"),
        ("fr", "Compteur vérifié jusqu'en août 2031"),
        ("es", "Contador verificado hasta agosto de 2031"),
        ("nl", "Meter geijkt tot en met augustus 2031"),
        ("fi", "Mittarin vakauksen viimeinen kuukausi: elokuu 2031"),
    ],
)
async def test_a_driver_reads_until_when_the_meter_is_good(
    owner: Browser, scene: Scene, tag: str, says: str
) -> None:
    await writes(owner, scene, 1, "2031-08-31", "2023, TUV 4711")
    owner.client.cookies.set("language", tag)

    said = await owner.reads(f"/e/{scene.station.evses[1].public_id}")

    assert says in said
    assert "TUV" not in said
    assert says[:6] not in await owner.reads(f"/e/{scene.station.evses[2].public_id}")


async def test_a_driver_reads_nothing_of_a_meter_that_has_ended(
    owner: Browser, scene: Scene
) -> None:
    bay = f"/e/{scene.station.evses[1].public_id}"
    await writes(owner, scene, 1, "2026-03-02")

    assert "Meter verified until March 2026" in await owner.reads(bay)
    scene.clock.jump(timedelta(hours=10))  # midnight at the place
    assert "Meter" not in await owner.reads(bay)
    assert "ended 1 day ago" in await owner.reads(ALL)
