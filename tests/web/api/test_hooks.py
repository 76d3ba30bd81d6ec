"""Webhooks by the API: kept, tried, changed, and closed to who may not."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from tests.web.api.conftest import Caller
from voltway.alerts import hooks, store_hooks
from voltway.alerts.rules_hooks import test_of as a_test_of
from voltway.kernel.ids import new_id
from voltway.parties.model import Role
from voltway.runtime.work import BeginWork

HOOK: dict[str, Any] = {
    "name": "Operations",
    "url": "https://192.0.2.1/hook",
    "events": ["session.ended", "station.lost"],
}


async def test_a_webhook_is_added_changed_and_removed_and_its_secret_is_shown_once(
    owner: Caller, stranger: Caller
) -> None:
    added = await owner.post("/webhooks", {**HOOK, "url": "https://hooks.example/x"})
    assert added.status_code == 201, added.text
    id, secret = added.json()["id"], added.json()["secret"]
    at = f"/webhooks/{id}"

    shown = await owner.get(at)
    assert shown.json()["events"] == HOOK["events"]
    assert secret not in shown.text
    changed = await owner.post(at, {**HOOK, "url": "https://hooks.example/y", "paused": True})
    assert (changed.json()["url"], bool(changed.json()["paused_at"])) == (
        "https://hooks.example/y",
        True,
    )
    again = await owner.post(f"{at}/secret", {})
    assert again.json()["secret"] != secret
    assert (await owner.get(at)).json()["old_until"] is not None
    assert (await stranger.get(at)).status_code == 404
    assert (await stranger.post(f"{at}/secret", {})).status_code == 404
    assert await stranger.items("/webhooks") == []

    assert (await owner.ask("DELETE", at)).status_code == 204
    assert (await owner.get(at)).status_code == 404


async def test_what_is_no_address_or_tells_nothing_is_refused(owner: Caller) -> None:
    inside = await owner.post("/webhooks", {**HOOK, "url": "https://127.0.0.1/x"})
    assert (inside.status_code, inside.json()["code"]) == (422, "not_an_address")
    wrongs: list[dict[str, Any]] = [{"events": []}, {"events": ["x"]}, {"name": ""}, {"url": ""}]
    for wrong in wrongs:
        assert (await owner.post("/webhooks", {**HOOK, **wrong})).status_code in (400, 422)


async def test_so_many_webhooks_may_be(owner: Caller) -> None:
    for _ in range(hooks.HOOKS_MAX):
        made = await owner.post("/webhooks", {**HOOK, "url": "https://hooks.example/x"})
        assert made.status_code == 201

    more = await owner.post("/webhooks", {**HOOK, "url": "https://hooks.example/x"})

    assert (more.status_code, more.json()["code"]) == (429, "too_many_hooks")


async def test_what_was_never_heard_is_listed_and_told_again(
    owner: Caller, with_role: Callable[[Role], Any], begin: BeginWork
) -> None:
    support: Caller = await with_role(Role.SUPPORT)
    made = await owner.post("/webhooks", {**HOOK, "url": "https://hooks.example/x"})
    id = UUID(made.json()["id"])
    async with begin() as work:
        event = a_test_of(await hooks.hook_of(work, id), new_id(work.now), work.now)
        await store_hooks.add_events(work, [event])
        await store_hooks.in_vain(work, event.id, None, "It answered 500.")
    at = f"/webhooks/{id}/events"
    [dead] = await owner.items(f"{at}?state=dead")
    assert (dead["trouble"], dead["kind"]) == ("It answered 500.", "test")
    assert (await owner.get(f"/webhooks/{id}")).json()["dead"] == 1

    assert (await support.post(f"{at}/{event.id}/again", {})).json() == {"count": 1}

    assert await owner.items(f"{at}?state=dead") == []
    assert (await support.post(f"/webhooks/{id}/again", {})).json() == {"count": 0}
    assert (await support.post(f"{at}/{id}/again", {})).status_code == 404
    assert (await support.post("/webhooks", HOOK)).status_code == 403
    assert (await support.ask("DELETE", f"/webhooks/{id}")).status_code == 403
