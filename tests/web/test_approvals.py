"""Refunds above a limit: asked for by one, decided by another, done once, and in the books."""

import httpx
import pytest
from httpx import ASGITransport, AsyncClient

from tests.billing.words import charged, owes
from tests.payments.scene import Scene
from tests.web.browsers import HERE, Browser
from tests.web.conftest import built, sits_down
from voltway.billing import actions as billing
from voltway.billing import approving
from voltway.kernel.ids import InvoiceId
from voltway.kernel.money import EUR, Money
from voltway.parties.model import Role
from voltway.web.house import House
from voltway_world.provider.faults import Fault

PAGE = "/console/approvals"


@pytest.fixture
async def another(house: House, scene: Scene) -> Browser:
    """Somebody of the support, at a browser of their own."""
    site = built()
    site.open_to(house)
    transport = ASGITransport(site, raise_app_exceptions=False)  # type: ignore[arg-type]
    browser = Browser(AsyncClient(transport=transport, base_url=HERE))
    await sits_down(browser, scene, Role.SUPPORT)
    return browser


async def receipt(scene: Scene) -> InvoiceId:
    """Of a charge of 9.80 EUR that a card paid."""
    _, _, session = await charged(scene)
    await scene.settles()
    async with scene.begin() as work:
        found = await billing.invoice_of(work, session)
    assert found is not None
    return found.id


async def credits(browser: Browser, of: InvoiceId, amount: str) -> httpx.Response:
    return await browser.sends(
        f"/console/receipts/{of}/credit",
        what="part",
        amount=amount,
        reason="Broken cable",
        step="write",
    )


async def request_of(scene: Scene) -> tuple[str, str]:
    async with scene.begin() as work:
        [row] = await work.all("SELECT id, state FROM refund_request_view")
    return str(row["id"]), str(row["state"])


def given_back(scene: Scene) -> int:
    moved = scene.bank.books.transactions.values()
    return -sum(move.amount_minor for move in moved if move.type == "refund")


async def ruled(owner: Browser, above: str = "5") -> None:
    assert (await owner.sends(f"{PAGE}/rule", above=above)).status_code == 303


async def test_what_is_above_the_limit_waits_for_a_second_person_and_is_then_done_once(
    owner: Browser, another: Browser, scene: Scene
) -> None:
    of = await receipt(scene)
    await ruled(owner)

    asked = await credits(another, of, "6.00")
    assert asked.headers["location"] == PAGE
    assert given_back(scene) == 0
    assert "waits for a second person" in await another.reads(PAGE)
    id, _ = await request_of(scene)
    first = await owner.sends(f"{PAGE}/{id}/approve")
    again = await owner.sends(f"{PAGE}/{id}/approve")
    await scene.settles()

    assert (first.status_code, again.status_code) == (303, 409)
    assert given_back(scene) == 600
    assert "given back" in await owner.reads(PAGE)
    assert await owes(scene, "provider:simulated:due") == Money(380, EUR)


async def test_nobody_approves_what_they_asked_for_themselves(owner: Browser, scene: Scene) -> None:
    of = await receipt(scene)
    await ruled(owner)
    await credits(owner, of, "6.00")
    id, _ = await request_of(scene)

    for deed in ("approve", "decline"):
        answer = await owner.sends(f"{PAGE}/{id}/{deed}")
        assert answer.status_code == httpx.codes.FORBIDDEN
        assert "a second person decides it" in answer.text

    assert (await owner.sends(f"{PAGE}/{id}/withdraw")).status_code == 303
    assert (await request_of(scene))[1] == "withdrawn"
    assert given_back(scene) == 0


async def test_many_small_refunds_are_no_way_around(owner: Browser, scene: Scene) -> None:
    of = await receipt(scene)
    await ruled(owner)

    small = await credits(owner, of, "3.00")
    await scene.settles()
    second = await credits(owner, of, "3.00")

    assert small.headers["location"] == f"/console/documents/{of}"
    assert second.headers["location"] == PAGE
    assert given_back(scene) == 300


async def test_without_a_rule_one_person_gives_back_alone(owner: Browser, scene: Scene) -> None:
    of = await receipt(scene)

    answer = await credits(owner, of, "9.80")

    assert answer.headers["location"] == f"/console/documents/{of}"
    assert given_back(scene) == 980


async def test_what_was_declined_is_not_given_back_and_can_be_asked_for_again(
    owner: Browser, another: Browser, scene: Scene
) -> None:
    of = await receipt(scene)
    await ruled(owner)
    await credits(another, of, "6.00")
    twice = await credits(another, of, "7.00")
    id, _ = await request_of(scene)

    await owner.sends(f"{PAGE}/{id}/decline", why="The car was full")

    assert twice.status_code == httpx.codes.CONFLICT
    assert "somebody has asked already" in twice.text
    assert "The car was full" in await another.reads(PAGE)
    assert given_back(scene) == 0
    assert (await credits(another, of, "6.00")).headers["location"] == PAGE


async def test_what_somebody_gave_back_meanwhile_is_not_given_back_again(
    owner: Browser, another: Browser, scene: Scene
) -> None:
    of = await receipt(scene)
    await ruled(owner)
    await credits(another, of, "6.00")
    id, _ = await request_of(scene)
    await ruled(owner, above="100")
    await credits(owner, of, "9.80")
    await scene.settles()

    await owner.sends(f"{PAGE}/{id}/approve")

    assert (await request_of(scene))[1] == "failed"
    assert given_back(scene) == 980
    assert "could not be given back" in await owner.reads(PAGE)


@pytest.mark.patience(2.0)
async def test_a_silence_leaves_it_approved_and_the_rounds_do_it_once(
    owner: Browser, another: Browser, scene: Scene
) -> None:
    of = await receipt(scene)
    await ruled(owner)
    await credits(another, of, "6.00")
    id, _ = await request_of(scene)
    scene.bank.faults.set([Fault(on="refund", kind="timeout_after", times=1, seconds=20)])

    await owner.sends(f"{PAGE}/{id}/approve")
    assert (await request_of(scene))[1] == "approved"
    for _ in range(2):
        await approving.finish_approved(scene.begin, scene.provider)

    assert (await request_of(scene))[1] == "done"
    assert given_back(scene) == 600


async def test_only_who_manages_people_sets_the_limit(another: Browser, scene: Scene) -> None:
    answer = await another.sends(f"{PAGE}/rule", above="5")

    assert answer.status_code == httpx.codes.FORBIDDEN


@pytest.mark.parametrize("above", ["x", "-1", "1.001"])
async def test_a_limit_that_is_no_amount_is_told(owner: Browser, above: str) -> None:
    answer = await owner.sends(f"{PAGE}/rule", above=above)

    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert 'role="alert"' in answer.text
    assert "never: each who may move money" in await owner.reads(PAGE)
