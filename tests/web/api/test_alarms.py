"""Alarms over the API: listed while they are so, and taken by a program of duty."""

from uuid import uuid4

from tests.payments.crowd import a_crowd
from tests.payments.scene import Scene
from tests.web.api.conftest import Caller, a_caller
from tests.web.api.test_disputes import bank, kind, party, provider, scene
from voltway.alerts import troubles
from voltway.parties.model import Role
from voltway.payments import monitoring
from voltway.payments.model_alarms import Limits

__all__ = ["bank", "kind", "party", "provider", "scene"]

PATH = "/alarms"


async def is_odd(scene: Scene) -> None:
    party, evse = scene.station.party.id, scene.station.evse()
    await a_crowd(scene.begin, party, evse, 20, at=scene.now, state="declined")
    await monitoring.look(scene.begin, Limits())
    await troubles.look(scene.begin, troubles.EACH_MINUTE)


async def test_an_alarm_is_listed_and_taken_once(owner: Caller, scene: Scene) -> None:
    assert await owner.items(PATH) == []
    await is_odd(scene)
    [alarm] = await owner.items(f"{PATH}?open=true")
    assert (alarm["event"], alarm["told"], alarm["taken_by"]) == ("payments_odd", 1, None)
    assert "100 % of 20 cards were declined" in alarm["text"]

    taken = await owner.post(f"{PATH}/{alarm['id']}/take")
    again = await owner.post(f"{PATH}/{alarm['id']}/take")

    assert taken.status_code == again.status_code == 200, taken.text
    assert taken.json()["taken_by"]
    assert again.json()["taken_at"] == taken.json()["taken_at"]
    assert await owner.items(f"{PATH}?open=false") == []
    assert (await owner.post(f"{PATH}/{uuid4()}/take")).status_code == 404


async def test_who_may_not_move_money_takes_none(owner: Caller, scene: Scene) -> None:
    operator = await a_caller(scene.begin, owner.client, owner.party, Role.OPERATOR)
    viewer = await a_caller(scene.begin, owner.client, owner.party, Role.VIEWER)
    await is_odd(scene)
    [alarm] = await owner.items(PATH)

    assert (await operator.post(f"{PATH}/{alarm['id']}/take")).status_code == 403
    assert len(await operator.items(PATH)) == 1
    assert (await viewer.get(PATH)).status_code == 403
