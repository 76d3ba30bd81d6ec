"""Payouts at the console: a report taken in, what is unexplained, and who may do what."""

from tests.payments.scene import Scene
from tests.payments.test_payouts import a_sale, file_of
from tests.web.browsers import Browser, words_of
from tests.web.conftest import sits_down
from tests.web.test_tariff_pages import gives
from voltway.parties.model import Role
from voltway_world.provider import payouts as bank_payouts
from voltway_world.provider.faults import Fault

GIFT = "txn_x,adjustment,2026-03-02T12:00:00+00:00,EUR,3.00,0,3.00,po_x,,,"


async def takes(browser: Browser, file: str, provider: str = "simulated") -> str:
    answer = await gives(browser, "/console/payouts/reports", file, provider=provider)
    return f"{answer.status_code} {words_of(answer.text)}"


async def test_a_report_is_taken_and_all_of_it_is_explained(owner: Browser, scene: Scene) -> None:
    await a_sale(scene)
    assert "No report yet" in await owner.reads("/console/payouts")

    said = await takes(owner, file_of(scene))

    assert said.startswith("200")
    assert "1 line of the report is new" in said
    assert "All is explained" in said
    assert "€4.58" in said, "4.90 less the fee of 0.32"
    assert await scene.count("audit_view WHERE did = 'took a payout report'") == 1
    assert "fees" in await owner.reads("/console/ledger")


async def test_a_file_of_garbage_says_what_is_wrong_and_stays_in_the_form(owner: Browser) -> None:
    answer = await gives(
        owner, "/console/payouts/reports", text="line,what\n1,2", provider="simulated"
    )

    assert answer.status_code == 422
    assert "names no column kind" in words_of(answer.text)
    assert "line,what" in answer.text


async def test_a_provider_that_is_none_is_refused(owner: Browser, scene: Scene) -> None:
    await a_sale(scene)

    said = await takes(owner, file_of(scene), provider="Me & Co")

    assert said.startswith("422")
    assert "“Me & Co” is the name of none" in said


async def test_the_unexplained_has_its_age_and_is_put_aside_with_a_reason(
    owner: Browser, scene: Scene
) -> None:
    await a_sale(scene)
    await takes(owner, file_of(scene) + GIFT)
    page = await owner.opens("/console/payouts")
    assert "The provider moved this for a reason that we do not know." in words_of(page.text)
    action = page.text.split('action="/console/payouts/lines/')[1].split('"')[0]

    nothing = await owner.sends(f"/console/payouts/lines/{action}", why=" ")
    done = await owner.sends(f"/console/payouts/lines/{action}", why="A gift")
    again = await owner.sends(f"/console/payouts/lines/{action}", why="A gift")

    assert [each.status_code for each in (nothing, done, again)] == [422, 303, 409]
    assert "Say why this is taken as it is" in words_of(nothing.text)
    assert "explained already" in words_of(again.text)


async def test_the_provider_is_asked_and_its_silence_is_told(owner: Browser, scene: Scene) -> None:
    await a_sale(scene)
    bank_payouts.pay_out(scene.bank.books, "EUR")
    scene.bank.faults.set([Fault(on="get", kind="error_500", times=1)])

    silent = await owner.sends("/console/payouts/ask")
    told = await owner.sends("/console/payouts/ask")

    assert silent.status_code == 503
    assert "Nothing was taken; ask again later." in words_of(silent.text)
    assert "1 line of the report is new" in words_of(told.text)


async def test_who_may_not_move_money_sees_payouts_and_takes_none(
    browser: Browser, scene: Scene
) -> None:
    await sits_down(browser, scene, Role.OPERATOR)

    assert "Your role sees payouts" in await browser.reads("/console/payouts")
    assert (await takes(browser, "x")).startswith("403")
    assert (await browser.sends("/console/payouts/ask")).status_code == 403
