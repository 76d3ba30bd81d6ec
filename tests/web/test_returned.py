"""Refunds that came back: before a person with their age, and paid again by two ways, each once."""

from datetime import timedelta

import httpx
import pytest

from tests.billing.words import charged, owes
from tests.payments.providers import by_stripe
from tests.payments.returned import comes_back, gives_back, hears_returns, kept
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.conftest import sits_down
from tests.web.test_approvals import another, request_of, ruled
from voltway.billing import approving
from voltway.kernel.money import EUR, Money
from voltway.parties.model import Role
from voltway_world.provider.faults import Fault

__all__ = ["another", "by_stripe"]

PAGE = "/console/returned"


@pytest.fixture
async def came_back(scene: Scene) -> str:
    """The page of a refund of 6.00 EUR, of 9.80 that were charged, which came back."""
    hears_returns(scene)
    _, payment, _ = await charged(scene)
    await scene.settles()
    refund = await gives_back(scene, payment.id, 600, "r-1")
    await comes_back(scene, refund.ref)
    [row] = await kept(scene)
    return f"{PAGE}/{row['id']}"


async def owed(scene: Scene) -> int:
    async with scene.begin() as work:
        [row] = await work.all("SELECT payment_id FROM returned_refund_view LIMIT 1")
    return -(await owes(scene, f"driver:{row['payment_id']}:payable")).minor


async def test_what_came_back_is_listed_with_its_age_and_shown_with_its_reason(
    came_back: str, browser: Browser, scene: Scene
) -> None:
    scene.clock.jump(timedelta(days=3))
    owner = browser
    await sits_down(owner, scene, Role.OWNER)

    listed = await owner.reads(PAGE)
    shown = await owner.reads(came_back)
    async with scene.begin() as work:
        [row] = await work.all("SELECT payment_id FROM returned_refund_view")
    payment = await owner.reads(f"/console/payments/{row['payment_id']}")

    assert "3 days ago" in listed
    assert "€6.00" in listed
    assert "expired or canceled card" in listed
    assert "1 is owed" in listed
    assert "Broken cable" in shown
    assert "Refund it again" in shown
    assert "its credit note stands" in shown
    assert "came back from the bank" in payment


async def test_refunded_again_it_is_owed_no_more_and_a_second_click_moves_nothing(
    came_back: str, owner: Browser, scene: Scene
) -> None:
    first = await owner.sends(f"{came_back}/again")
    second = await owner.sends(f"{came_back}/again")

    assert (first.status_code, second.status_code) == (303, 409)
    assert "Nothing is owed for this refund any more" in second.text
    assert await owed(scene) == 0
    assert scene.moved_minor == 380
    assert "refunded again" in await owner.reads(came_back)
    assert "Refund it again" not in await owner.reads(came_back)


async def test_paid_from_the_bank_it_is_noted_with_its_sentence(
    came_back: str, owner: Browser, scene: Scene
) -> None:
    without = await owner.sends(f"{came_back}/paid", how=" ")
    told = await owner.sends(f"{came_back}/paid", how="SEPA transfer of 3 March")

    assert without.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert told.status_code == 303
    assert await owed(scene) == 0
    assert await owes(scene, "bank") == Money(-600, EUR)
    assert "SEPA transfer of 3 March" in await owner.reads(came_back)
    assert "nothing is owed" in await owner.reads(PAGE)


async def test_who_may_not_move_money_reads_it_and_ends_nothing(
    came_back: str, browser: Browser, scene: Scene
) -> None:
    await sits_down(browser, scene, Role.OPERATOR)

    assert "Refund it again" not in await browser.reads(came_back)
    for deed in ("again", "paid"):
        answer = await browser.sends(f"{came_back}/{deed}", how="By bank")
        assert answer.status_code == httpx.codes.FORBIDDEN
    assert await owed(scene) == 600


@pytest.mark.parametrize("deed", ["again", "paid"])
async def test_above_the_limit_of_refunds_a_second_person_agrees(
    came_back: str, owner: Browser, another: Browser, scene: Scene, deed: str
) -> None:
    await ruled(owner)

    asked = await another.sends(f"{came_back}/{deed}", how="SEPA transfer")
    twice = await another.sends(f"{came_back}/{deed}", how="SEPA transfer")
    waits = await owed(scene)
    listed = await owner.reads("/console/approvals")
    id, _ = await request_of(scene)
    own = await another.sends(f"/console/approvals/{id}/approve")
    agreed = await owner.sends(f"/console/approvals/{id}/approve")

    assert asked.headers["location"] == "/console/approvals"
    assert twice.status_code == httpx.codes.CONFLICT
    assert waits == 600
    assert "A refund that came back" in listed
    assert (own.status_code, agreed.status_code) == (403, 303)
    assert (await request_of(scene))[1] == "done"
    assert await owed(scene) == 0
    assert scene.moved_minor == (380 if deed == "again" else 980)


async def test_what_was_agreed_and_found_the_provider_silent_is_done_by_the_rounds_once(
    came_back: str, owner: Browser, another: Browser, scene: Scene
) -> None:
    await ruled(owner)
    await another.sends(f"{came_back}/again")
    id, _ = await request_of(scene)
    scene.bank.faults.set([Fault(on="refund", kind="reset_connection_after", times=1)])

    await owner.sends(f"/console/approvals/{id}/approve")
    await approving.finish_approved(scene.begin, scene.provider)
    between = (await request_of(scene))[1]
    scene.clock.jump(timedelta(minutes=1))
    await scene.sweeps()
    await approving.finish_approved(scene.begin, scene.provider)

    assert between == "approved"
    assert (await request_of(scene))[1] == "done"
    assert await owed(scene) == 0
    assert scene.moved_minor == 380
