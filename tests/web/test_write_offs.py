"""Write-offs above a sum: asked for by one, decided by another, and booked once."""

import httpx
import pytest
from httpx import ASGITransport, AsyncClient

from tests.billing.test_debts import a_statement, goes_round, on, provider, received
from tests.payments.scene import Scene
from tests.web.browsers import HERE, Browser
from tests.web.conftest import built, sits_down
from voltway.kernel.ids import InvoiceId
from voltway.parties.model import Role
from voltway.web.house import House

__all__ = ["provider"]

PAGE = "/console/approvals"
RULE = f"{PAGE}/write-offs/rule"


@pytest.fixture
async def owed(scene: Scene) -> InvoiceId:
    """4.89 EUR of a customer's statement."""
    _, _, statement = await a_statement(scene)
    await goes_round(scene)
    return statement


@pytest.fixture
async def another(house: House, scene: Scene) -> Browser:
    """A second owner, at a browser of their own."""
    return await seated(house, scene, Role.OWNER, "second@voltway.example")


async def seated(house: House, scene: Scene, role: Role, email: str) -> Browser:
    site = built()
    site.open_to(house)
    transport = ASGITransport(site, raise_app_exceptions=False)  # type: ignore[arg-type]
    browser = Browser(AsyncClient(transport=transport, base_url=HERE))
    await sits_down(browser, scene, role, email=email)
    return browser


async def asks(browser: Browser, owed: InvoiceId, why: str = "Bankrupt") -> httpx.Response:
    return await browser.sends(f"/console/debts/{owed}/write-off", said=why, key=why)


async def request_of(scene: Scene) -> tuple[str, str]:
    async with scene.begin() as work:
        [row] = await work.all("SELECT id, state FROM write_off_request_view")
    return f"{PAGE}/write-offs/{row['id']}", str(row["state"])


async def test_what_is_above_the_sum_waits_for_a_second_person_and_is_then_booked_once(
    owed: InvoiceId, owner: Browser, another: Browser, scene: Scene
) -> None:
    await owner.sends(RULE, above="4.88")

    asked = await asks(owner, owed)
    before = await on(scene, "cost:write_offs")
    waits = await another.reads(PAGE)
    deed, _ = await request_of(scene)
    first = await another.sends(f"{deed}/approve")
    again = await another.sends(f"{deed}/approve")

    assert (asked.headers["location"], before) == (PAGE, 0)
    assert "waits for a second person" in waits
    assert (first.status_code, again.status_code) == (303, 409)
    assert await on(scene, "cost:write_offs") == 489
    assert "written off" in await owner.reads(PAGE)
    assert "nothing is owed" in await owner.reads(f"/console/debts/{owed}")


async def test_nobody_decides_what_they_asked_to_write_off_and_only_they_take_it_back(
    owed: InvoiceId, owner: Browser, another: Browser, scene: Scene
) -> None:
    await owner.sends(RULE, above="1")
    silent = await asks(owner, owed, why=" ")
    await asks(owner, owed)
    twice = await asks(another, owed, why="I know too")
    deed, _ = await request_of(scene)

    own = [(await owner.sends(f"{deed}/{each}")).status_code for each in ("approve", "decline")]
    other = await another.sends(f"{deed}/withdraw")
    back = await owner.sends(f"{deed}/withdraw")

    assert (silent.status_code, twice.status_code) == (422, 409)
    assert (own, other.status_code, back.status_code) == ([403, 403], 403, 303)
    assert await request_of(scene) == (deed, "withdrawn")
    assert await on(scene, "cost:write_offs") == 0


async def test_what_was_paid_meanwhile_is_not_written_off(
    owed: InvoiceId, owner: Browser, another: Browser, scene: Scene
) -> None:
    await owner.sends(RULE, above="1")
    await asks(owner, owed)
    deed, _ = await request_of(scene)
    await received(scene, owed, 400)

    await another.sends(f"{deed}/approve")

    assert await on(scene, "cost:write_offs") == 89


async def test_what_was_paid_whole_can_only_be_declined(
    owed: InvoiceId, owner: Browser, another: Browser, scene: Scene
) -> None:
    await owner.sends(RULE, above="1")
    await asks(owner, owed)
    deed, _ = await request_of(scene)
    await received(scene, owed, 489)

    refused = await another.sends(f"{deed}/approve")
    declined = await another.sends(f"{deed}/decline")

    assert (refused.status_code, declined.status_code) == (409, 303)
    assert "Decline this, and ask anew" in refused.text
    assert await on(scene, "cost:write_offs") == 0


async def test_up_to_the_sum_one_person_writes_off_alone(
    owed: InvoiceId, owner: Browser, scene: Scene
) -> None:
    await owner.sends(RULE, above="4.89")

    alone = await asks(owner, owed)

    assert alone.headers["location"] == f"/console/debts/{owed}"
    assert await on(scene, "cost:write_offs") == 489


async def test_support_sees_what_waits_and_decides_nothing(
    owed: InvoiceId, owner: Browser, house: House, scene: Scene
) -> None:
    await owner.sends(RULE, above="1")
    await asks(owner, owed)
    deed, _ = await request_of(scene)
    support = await seated(house, scene, Role.SUPPORT, "support@voltway.example")

    answers = [await support.sends(path) for path in (f"{deed}/approve", f"{deed}/decline", RULE)]

    assert "Bankrupt" in await support.reads(PAGE)
    assert {each.status_code for each in answers} == {httpx.codes.FORBIDDEN}
    assert (await request_of(scene))[1] == "open"


@pytest.mark.parametrize("above", ["x", "-1", "1.001"])
async def test_a_sum_that_is_no_amount_is_told_and_changes_nothing(
    owner: Browser, above: str
) -> None:
    answer = await owner.sends(RULE, above=above)

    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert 'role="alert"' in answer.text
    assert "never: each who manages people" in await owner.reads(PAGE)
