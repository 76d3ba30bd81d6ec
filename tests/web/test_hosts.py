"""Hosts on their pages: added, agreed with, and what they earned."""

from uuid import UUID

from tests.network import a_token
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.conftest import sits_down
from voltway.billing import actions as billing
from voltway.billing.model import CdrIssued
from voltway.parties.model import Role

HERE = "/console/hosts"

HOST = {
    "name": "Kamppi Oy",
    "street": "Urho Kekkosen katu 1",
    "postal_code": "00100",
    "city": "Helsinki",
    "country": "fi",
    "locale": "fi",
}


async def adds(browser: Browser, **changed: str) -> str:
    """A host by the form; the address of its page."""
    answer = await browser.sends(HERE, **{**HOST, **changed})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def agrees(browser: Browser, scene: Scene, page: str, **fields: str) -> int:
    given = {"location": str(scene.station.location.id), "valid_from": "2020-01-01", **fields}
    return (await browser.sends(f"{page}/agreements", **given)).status_code


async def charges(scene: Scene) -> None:
    """A session with a card, settled and shared."""
    scene.bus.watch_many("billing.cdr_issued", [CdrIssued], billing.hears_cdrs_issued)
    async with scene.begin() as work:
        token = await a_token(work, scene.station.party)
    await scene.starts(token.uid)
    await scene.ends(70_000, minutes=60)
    await scene.settles()


async def test_a_host_is_added_agreed_with_and_earns(owner: Browser, scene: Scene) -> None:
    assert "No host yet" in await owner.reads(HERE)
    page = await adds(owner)
    assert "Nothing is agreed yet" in await owner.reads(page)

    assert await agrees(owner, scene, page, percent="12,5", per_kwh="0.02", vat_rate="25.5") == 303
    await charges(scene)

    said = await owner.reads(page)
    assert "12.5 % of the net revenue, €0.02 per kWh" in said
    # 7.81 net: an eighth of it and 20 times 0.02.
    assert "€7.81 1 €1.38" in said
    assert "€1.38" in await owner.reads(HERE)


SLIPS: list[tuple[dict[str, str], str]] = [
    ({"percent": "101"}, "The share is not valid: write a number from 0 to 100"),
    ({"percent": "ten"}, "The share is not valid"),
    ({}, "give a share or a fee"),
    ({"percent": "10", "valid_from": "soon"}, "The first day is not valid"),
    ({"percent": "10", "location": "nowhere"}, "The place is not valid"),
    ({"percent": "10", "valid_until": "2019-01-01"}, "its last day is before its first"),
]


async def test_what_cannot_be_agreed_is_told_and_what_was_typed_stays(
    owner: Browser, scene: Scene
) -> None:
    page = await adds(owner)
    for fields, why in SLIPS:
        given = {"location": str(scene.station.location.id), "valid_from": "2020-01-01", **fields}

        answer = await owner.sends(f"{page}/agreements", **given)

        assert answer.status_code == 422
        assert why in answer.text
        assert f'value="{fields.get("percent", "")}"' in answer.text
    assert await scene.count("host_agreement_view") == 0


async def test_a_name_is_taken_once(owner: Browser) -> None:
    await adds(owner)

    answer = await owner.sends(HERE, **HOST)

    assert answer.status_code == 409
    assert "There is already a host called Kamppi Oy" in answer.text


async def test_who_may_not_move_money_sees_and_agrees_nothing(
    browser: Browser, owner: Browser, scene: Scene
) -> None:
    page = await adds(owner)
    await sits_down(browser, scene, Role.OPERATOR)

    assert "Agree anew" not in await browser.reads(page)
    assert await agrees(browser, scene, page, percent="10") == 403
    assert (await browser.sends(HERE, **HOST)).status_code == 403


async def test_what_is_no_host_is_not_there(owner: Browser) -> None:
    assert (await owner.opens(f"{HERE}/{UUID(int=7)}")).status_code == 404
