"""The partners' part of the API: its own keys, contracts, sessions, and nothing of others."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from tests.network import a_station, a_tariff, a_token
from tests.web.api.conftest import AURORA, Caller, a_partner
from voltway.drivers import actions as drivers
from voltway.kernel.ids import TokenUid
from voltway.parties.model import Role
from voltway.partners import delivering, store_events
from voltway.payments import racing
from voltway.runtime.clock import JumpingClock
from voltway.runtime.settings import Settings
from voltway.runtime.work import BeginWork
from voltway.waiting import lining_up, turns
from voltway_world.maker import Maker

EMAID = "DE-AUR-C00000001-5"
OTHER = "DE-AUR-C00000002-3"
EVERY_S = Settings().heartbeat_s
BOREAL = {**AURORA, "name": "Boreal Cars AB", "party_id": "BOR", "country_code": "SE"}


@pytest.fixture
async def maker(owner: Caller) -> AsyncIterator[Maker]:
    async with Maker() as maker:
        yield maker


async def put(caller: Caller, uid: str = EMAID, **body: Any) -> Any:
    return await caller.ask("PUT", f"/partner/contracts/{uid}", json=body)


async def test_a_partners_key_opens_the_partners_operations_and_no_other(
    aurora: Caller, owner: Caller
) -> None:
    me = (await aurora.get("/partner")).json()
    assert (me["country_code"], me["party_id"], me["owed"]["minor"]) == ("DE", "AUR", 0)
    for path in ("/sessions", "/tokens", "/partners", "/cdrs", "/payments", "/parties/me"):
        assert (await aurora.get(path)).status_code in (403, 404), path
    for path in ("", "/contracts", "/sessions", "/cdrs", "/statements", "/locations"):
        assert (await aurora.get(f"/partner{path}")).status_code == 200, path
        assert (await owner.get(f"/partner{path}")).status_code == 403, path


async def test_a_contract_is_registered_changed_deleted_and_registered_again(
    aurora: Caller, owner: Caller, begin: BeginWork
) -> None:
    first = (await put(aurora, whitelist="NEVER", visual_number="Anna")).json()
    assert (first["type"], first["whitelist"], first["barred"]) == ("EMAID", "NEVER", [])
    assert (await put(aurora, whitelist="NEVER", visual_number="Anna")).status_code == 200
    assert len(await aurora.items("/partner/contracts")) == 1

    async def standing() -> Any:
        asked = (owner.party.id, TokenUid(EMAID))
        async with begin() as work:
            token = (await drivers.tokens_of(work, [asked]))[asked]
        assert token.on_account
        assert token.fleet is not None
        return token.status

    assert await standing() == "active"
    path = f"/partner/contracts/{EMAID}"
    changed = await aurora.ask("PATCH", path, json={"valid": False})
    assert (changed.json()["valid"], changed.json()["whitelist"]) == (False, "NEVER")
    assert await standing() == "expired"
    assert (await put(aurora)).json()["valid"] is True
    assert await standing() == "active"
    assert (await aurora.ask("DELETE", path)).status_code == 204
    assert (await aurora.ask("DELETE", path)).status_code == 404
    assert (await aurora.get(path)).status_code == 404
    assert await standing() == "expired"
    assert (await put(aurora)).status_code == 200
    assert await standing() == "active"


async def test_what_is_anothers_cannot_be_registered_seen_or_changed(
    aurora: Caller, owner: Caller, begin: BeginWork
) -> None:
    boreal, _ = await a_partner(owner, **BOREAL)
    async with begin() as work:
        await a_token(work, owner.party, "04A1B2C3")
    assert (await put(aurora)).status_code == 200
    path = f"/partner/contracts/{EMAID}"

    for answer in (
        await put(boreal),
        await put(boreal, "DE*AUR*C00000001*5"),  # the same, written otherwise
        await put(aurora, "04a1b2c3", type="RFID"),
        await put(aurora, "DEAURC000000015"),
        await put(boreal, "SE-BOR-1", contract_id=EMAID),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "contract_of_another")
    assert (await boreal.get(path)).status_code == 404
    assert (await boreal.ask("PATCH", path, json={"valid": False})).status_code == 404
    assert (await boreal.ask("DELETE", path)).status_code == 409
    assert len(await aurora.items("/partner/contracts")) == 1


@pytest.mark.parametrize(
    "body", [{"whitelist": "MAYBE"}, {"type": "AD_HOC_USER"}, {"valid_until": "soon"}, {"a": 1}]
)
async def test_a_contract_that_cannot_be_is_refused_in_words(
    aurora: Caller, body: dict[str, Any]
) -> None:
    answer = await put(aurora, **body)
    assert answer.status_code in (400, 422)
    assert answer.json()["title"]
    assert await aurora.items("/partner/contracts") == []


async def test_a_partner_is_added_once_by_who_may_and_nothing_shows_its_secret(
    owner: Caller, with_role: Any
) -> None:
    _, made = await a_partner(owner)
    again = await owner.post("/partners", AURORA)
    same_ident = await owner.post("/partners", {**AURORA, "name": "Aurora Cars"})
    unsafe = await owner.post("/partners", {**BOREAL, "url": "http://boreal.example"})
    support = await with_role(Role.SUPPORT)
    assert [again.status_code, same_ident.status_code, unsafe.status_code] == [409, 409, 422]
    assert (await support.post("/partners", BOREAL)).status_code == 403
    [shown] = await owner.items("/partners")
    assert made["secret"] not in str(shown)
    assert (shown["name"], shown["credit_limit"]["minor"]) == ("Aurora Motors GmbH", 10_000)
    changed = await owner.post(
        f"/partners/{made['id']}", {"url": "https://new.example", "new_secret": True}
    )
    assert changed.json()["secret"] not in (None, made["secret"])
    assert (await owner.get(f"/partners/{made['id']}")).json()["credit_limit"] is None


async def test_a_start_is_ordered_at_an_evse_of_the_network_and_seen_by_who_ordered_it_alone(
    aurora: Caller, owner: Caller, begin: BeginWork
) -> None:
    async with begin() as work:
        station = await a_station(work, owner.party)
        await a_tariff(work, owner.party)
    evse = station.evses[1].public_id
    boreal, _ = await a_partner(owner, **BOREAL)
    await put(aurora)

    start = {"uid": EMAID, "evse_id": evse}
    offline = await aurora.post("/partner/sessions", start)
    assert (offline.status_code, offline.json()["code"]) == (409, "nothing_would_start")
    await in_contact(begin)
    placed = await aurora.post("/partner/sessions", start)
    assert (placed.status_code, placed.json()["kind"]) == (202, "start"), placed.text
    link = placed.json()["link"].removeprefix("/api/v1")
    assert (await aurora.get(link)).json()["asked"]["token"] == EMAID
    assert (await boreal.get(link)).status_code == 404
    assert (await boreal.post("/partner/sessions", start)).status_code == 404
    nowhere = await aurora.post("/partner/sessions", {**start, "evse_id": "FI*VLT*E9*9"})
    assert nowhere.status_code == 404
    await aurora.ask("PATCH", f"/partner/contracts/{EMAID}", json={"valid": False})
    assert (await aurora.post("/partner/sessions", start)).json()["code"] == "not_registered_now"

    [place] = await aurora.items("/partner/locations")
    assert {each["evse_id"] for each in place["evses"]} == {
        each.public_id for each in station.evses.values()
    }
    price = (await aurora.get(f"/partner/tariffs/{evse}")).json()
    assert price["ocpi"]["currency"] == "EUR"


async def in_contact(begin: BeginWork) -> None:
    """The stations speak to us, and their bays are free."""
    async with begin() as work:
        await work.run(
            "UPDATE station SET connected_at = $1, last_heard_at = $1, ocpp_version = '2.0.1'",
            work.now,
        )
        await work.run("UPDATE evse SET status = 'available', status_at = $1", work.now)


async def test_of_two_starts_at_a_bay_one_is_ordered_whoever_asks(
    aurora: Caller, owner: Caller, begin: BeginWork
) -> None:
    async with begin() as work:
        station = await a_station(work, owner.party)
    await in_contact(begin)
    for uid in (EMAID, OTHER):
        await put(aurora, uid)
    starts = [
        aurora.post("/partner/sessions", {"uid": uid, "evse_id": station.evses[1].public_id})
        for uid in (EMAID, OTHER)
    ]

    both = await asyncio.gather(*starts)

    won, lost = sorted(both, key=lambda each: each.status_code)
    assert (won.status_code, lost.status_code) == (202, 409)
    assert lost.json()["code"] == "somebody_starts"
    assert "Somebody else starts a charge" in lost.json()["detail"]
    async with begin() as work:
        assert len(await work.all("SELECT id FROM order_view")) == 1
        with pytest.raises(racing.SomebodyStarts):  # nor does a driver on our pages
            await racing.must_be_first(work, station.evse(1), None)
        await racing.must_be_first(work, station.evse(2), None)


async def test_a_bay_that_is_held_for_who_is_next_in_line_is_started_for_no_partner(
    aurora: Caller, owner: Caller, begin: BeginWork, clock: JumpingClock
) -> None:
    async with begin() as work:
        station = await a_station(work, owner.party, evses=1)
    await in_contact(begin)
    async with begin() as work:
        await work.run("UPDATE evse SET status = 'charging'")
        turn = await turns.join(
            work,
            owner.party.id,
            station.location.id,
            email="ann@example.org",
            locale="en",
            expected_s=EVERY_S,
        )
    clock.jump(timedelta(seconds=1))
    await in_contact(begin)
    await lining_up.move(begin, EVERY_S)
    await put(aurora)
    start = {"uid": EMAID, "evse_id": station.evses[1].public_id}

    held = await aurora.post("/partner/sessions", start)
    async with begin() as work:
        await turns.leave(work, turn.key)
    given_back = await aurora.post("/partner/sessions", start)

    assert (held.status_code, held.json()["code"]) == (409, "bay_is_held")
    assert "held for who is next in line" in held.json()["detail"]
    assert given_back.status_code == 202, given_back.text


async def test_what_a_partner_does_not_hear_is_tried_again_laid_aside_and_told_by_hand(
    owner: Caller, begin: BeginWork, maker: Maker, clock: Any
) -> None:
    _, made = await a_partner(owner, url=maker.url)
    maker.secret = made["secret"]
    maker.faults = {"events": "error_500"}
    async with begin() as work:
        for subject, body in (("session:1", '{"id":"a"}'), ("session:1", '{"id":"b"}')):
            await store_events.tell(
                work,
                made["id"],
                owner.party.id,
                kind="session.updated",
                subject=subject,
                body=body,
            )
    assert await delivering.deliver_due(begin) == 0
    path = f"/partners/{made['id']}/events"
    # Both were made at one moment, so the list may have either first.
    first, second = sorted(await owner.items(path), key=lambda each: each["number"])
    assert (first["tries"], first["trouble"], second["tries"]) == (1, "status 500", 0)

    clock.jump(timedelta(days=3))
    assert await delivering.deliver_due(begin) == 0
    assert {each["state"] for each in await owner.items(path)} == {"dead"}
    maker.faults = {}
    assert await delivering.deliver_due(begin) == 0

    again = [await owner.post(f"{path}/{each['id']}/again") for each in (second, first)]
    assert [each.status_code for each in again] == [200, 200]
    assert await delivering.deliver_due(begin) == 2
    assert [event["data"]["id"] for event in maker.heard.values()] == ["a", "b"]
    assert (await owner.post(f"{path}/{first['id']}/again")).status_code == 404
    assert maker.forged == 0
