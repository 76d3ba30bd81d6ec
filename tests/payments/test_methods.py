"""Saved ways to pay: saved on the provider's page, chosen, charged without their driver."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest

from tests.billing.months import GIVEN
from tests.billing.words import owes
from tests.payments.hosted_page import pay
from tests.payments.providers import STRIPE, Closable, patience_s
from tests.payments.scene import Scene
from voltway.billing import actions as billing
from voltway.drivers import actions as drivers
from voltway.drivers import contracts
from voltway.drivers.model import Bar, Token
from voltway.kernel.errors import Refusal
from voltway.kernel.ids import DriverId, SessionId, new_id
from voltway.kernel.money import EUR, Money
from voltway.payments import actions, methods, rules, store, store_methods
from voltway.payments.model import Payment, PaymentState
from voltway.payments.model_methods import Method, MethodId, Saving, SavingStage
from voltway.payments.provider import ProviderSilent, SavedMethod
from voltway.sessions.model import SessionStarted
from voltway_world.provider import ProviderServer
from voltway_world.provider.books import Status
from voltway_world.provider.faults import Fault

NEEDS_DRIVER = "4000 0027 6000 3184"
CAPTURE_DECLINES = "4000 0000 0000 0341"


@pytest.fixture
async def provider(request: pytest.FixtureRequest, bank: ProviderServer) -> AsyncIterator[Closable]:
    adapter = STRIPE.speaks_to(bank, timeout_s=patience_s(request))
    yield adapter
    await adapter.close()


@dataclass
class Ann:
    """A driver with a card of ours, who saves ways to pay."""

    scene: Scene
    driver: DriverId
    token: Token

    async def opens_page(self) -> Saving:
        return await methods.open_saving(
            self.scene.begin,
            self.scene.provider,
            party=self.scene.station.party.id,
            holder=self.driver,
            return_url="http://127.0.0.1:1/me/saved/{saving}",
            cancel_url="http://127.0.0.1:1/me",
        )

    async def saves(self, number: str = "4242 4242 4242 4242") -> MethodId:
        page = await self.opens_page()
        await pay(page.hosted_url or "", number)
        back = await methods.look_at_saving(self.scene.begin, self.scene.provider, page.id)
        assert back.method is not None
        await self.scene.settles()
        return back.method

    async def has(self) -> list[Method]:
        async with self.scene.begin() as work:
            return list(await methods.methods_of(work, self.scene.station.party.id, self.driver))

    async def bars(self) -> frozenset[Bar]:
        async with self.scene.begin() as work:
            party = self.scene.station.party.id
            [found] = await drivers.tokens_of_driver(work, party, self.driver)
        return found.bars

    async def forgets(self, method: MethodId) -> None:
        scene = self.scene
        party = scene.station.party.id
        await methods.forget(
            scene.begin, scene.provider, party=party, holder=self.driver, id=method
        )

    async def payment(self, session: SessionId) -> Payment | None:
        async with self.scene.begin() as work:
            return await actions.payment_of_session(work, session)


@pytest.fixture
async def ann(scene: Scene) -> Ann:
    party = scene.station.party.id
    async with scene.begin() as work:
        driver = await contracts.add_driver(work, party, "Ann", "ann@example.org")
        contract = await contracts.add_contract(work, party, "FI-VLT-C1", driver=driver.id)
        token = await drivers.add_token(work, party, "04A1B2C3")
        token = await contracts.stands_for(work, token.id, contract.id)
    return Ann(scene, driver.id, token)


async def test_a_method_is_saved_on_the_page_of_the_provider_and_is_the_default(ann: Ann) -> None:
    page = await ann.opens_page()
    assert page.stage is SavingStage.AWAITING
    assert await ann.has() == []

    await pay(page.hosted_url or "")
    for _ in range(2):  # the driver is back, and loads the page again
        back = await methods.look_at_saving(ann.scene.begin, ann.scene.provider, page.id)

    [method] = await ann.has()
    assert back.stage is SavingStage.SAVED
    assert (method.name, method.is_default) == ("Visa ·· 4242", True)


async def test_a_second_is_kept_beside_the_default_under_the_same_customer(ann: Ann) -> None:
    first, second = await ann.saves(), await ann.saves("5555 5555 5555 4444")

    found = await ann.has()
    assert [method.id for method in found] == [first, second]
    assert len({method.saved.customer for method in found}) == 1


async def test_a_page_that_its_driver_left_is_found_by_the_rounds(ann: Ann) -> None:
    page = await ann.opens_page()
    await pay(page.hosted_url or "")

    ann.scene.clock.jump(timedelta(minutes=2))
    assert await methods.tidy(ann.scene.begin, ann.scene.provider) == 1

    assert len(await ann.has()) == 1


async def test_a_page_on_which_nobody_saves_is_over_after_a_day(ann: Ann) -> None:
    page = await ann.opens_page()

    ann.scene.clock.jump(timedelta(days=1, minutes=1))
    await methods.tidy(ann.scene.begin, ann.scene.provider)

    over = await methods.look_at_saving(ann.scene.begin, ann.scene.provider, page.id)
    assert over.stage is SavingStage.EXPIRED


@pytest.mark.patience(2.0)
@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after"])
async def test_a_page_of_which_nobody_heard_is_asked_for_again(ann: Ann, fault: str) -> None:
    ann.scene.bank.faults.set([Fault(on="hold", kind=fault, times=1, seconds=5)])  # type: ignore[arg-type]

    with pytest.raises(ProviderSilent):
        await ann.opens_page()
    ann.scene.clock.jump(timedelta(minutes=2))
    await methods.tidy(ann.scene.begin, ann.scene.provider)

    async with ann.scene.begin() as work:
        row = await work.one("SELECT id FROM method_saving")
    assert row is not None
    again = await methods.look_at_saving(ann.scene.begin, ann.scene.provider, row["id"])
    assert again.stage is SavingStage.AWAITING


async def test_there_is_an_end_to_what_one_may_save(ann: Ann) -> None:
    await ann.saves()
    [first] = await ann.has()
    async with ann.scene.begin() as work:
        for number in range(1, methods.METHODS_MAX):
            saved = SavedMethod(first.saved.customer, f"pm_{number}")
            another = replace(first, id=MethodId(new_id(work.now)), saved=saved, is_default=False)
            await store_methods.add_method(work, another)

    with pytest.raises(methods.TooManyMethods):
        await ann.opens_page()


async def test_a_session_with_the_drivers_own_card_is_held_and_taken_from_the_saved_method(
    ann: Ann,
) -> None:
    await ann.saves()

    session = await ann.scene.starts(ann.token.uid)
    await ann.scene.settles()
    held = await ann.payment(session)
    await ann.scene.ends(60_000, minutes=60)
    await ann.scene.settles()

    assert held is not None
    assert (held.state, held.email) == (PaymentState.HELD, "ann@example.org")
    paid = await ann.payment(session)
    assert paid is not None
    assert (paid.state, paid.captured) == (PaymentState.CAPTURED, Money(490, EUR))
    assert await owes(ann.scene, "provider:stripe:due") == Money(490, EUR)
    async with ann.scene.begin() as work:
        receipt = await billing.invoice_of(work, session)
        [token] = await drivers.tokens(work, ann.scene.station.party.id)
    assert receipt is not None
    assert receipt.payment == paid.id
    assert token.status == "active", "a card is no token of one visit"


async def test_the_same_card_pays_again_and_again(ann: Ann) -> None:
    await ann.saves()

    for number in (1, 2):
        await ann.scene.starts(ann.token.uid, ref=f"tx-{number}", wh=number * 100_000)
        await ann.scene.ends(number * 100_000 + 10_000, ref=f"tx-{number}", minutes=60)
        await ann.scene.settles()

    assert await owes(ann.scene, "provider:stripe:due") == Money(980, EUR)


async def test_a_driver_who_saved_nothing_charges_on_account_as_before(ann: Ann) -> None:
    session = await ann.scene.starts(ann.token.uid)
    await ann.scene.ends(60_000, minutes=60)
    await ann.scene.settles()

    assert await ann.payment(session) is None
    assert await owes(ann.scene, f"driver:{ann.token.id}:receivable") == Money(490, EUR)


async def test_a_token_with_a_method_of_its_own_is_paid_by_that(ann: Ann) -> None:
    first, second = await ann.saves(), await ann.saves("5555 5555 5555 4444")
    party = ann.scene.station.party.id
    async with ann.scene.begin() as work:
        await methods.pay_by(work, party, ann.driver, ann.token.id, second)

    session = await ann.scene.starts(ann.token.uid)
    await ann.scene.settles()

    paying = await ann.payment(session)
    assert paying is not None
    assert paying.method == second != first


async def test_a_bank_that_wants_to_see_the_driver_ends_the_session_and_bars_the_card(
    ann: Ann,
) -> None:
    await ann.saves(NEEDS_DRIVER)

    session = await ann.scene.starts(ann.token.uid)
    await ann.scene.settles()

    declined = await ann.payment(session)
    assert declined is not None
    assert declined.state is PaymentState.DECLINED
    assert await ann.bars() == {Bar.METHOD}
    [method] = await ann.has()
    assert method.refused
    async with ann.scene.begin() as work:
        stopped = await work.all("SELECT kind FROM order_view")
    assert [row["kind"] for row in stopped] == ["StopCharging"]


async def test_another_method_lets_the_card_charge_again(ann: Ann) -> None:
    await ann.saves(NEEDS_DRIVER)
    await ann.scene.starts(ann.token.uid)
    await ann.scene.settles()

    good = await ann.saves()

    assert (await ann.has())[0].id == good
    assert await ann.bars() == frozenset()


async def test_what_was_charged_before_the_no_stays_owed(ann: Ann) -> None:
    await ann.saves(NEEDS_DRIVER)
    session = await ann.scene.starts(ann.token.uid)
    await ann.scene.settles()

    await ann.scene.ends(51_000, minutes=5)
    await ann.scene.settles()

    declined = await ann.payment(session)
    assert declined is not None
    assert await owes(ann.scene, f"driver:{declined.id}:receivable") == Money(49, EUR)


async def test_a_bank_that_says_no_when_the_money_is_taken_bars_the_card(ann: Ann) -> None:
    await ann.saves(CAPTURE_DECLINES)
    await ann.scene.starts(ann.token.uid)
    await ann.scene.settles()
    await ann.scene.ends(60_000, minutes=60)
    await ann.scene.settles()

    assert await ann.bars() == {Bar.METHOD}


@pytest.mark.patience(2.0)
@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after", "error_500_after"])
async def test_a_silence_lets_the_session_go_on_and_is_asked_again_once(
    ann: Ann, fault: str
) -> None:
    await ann.saves()
    ann.scene.bank.faults.set([Fault(on="hold", kind=fault, times=1, seconds=5)])  # type: ignore[arg-type]

    session = await ann.scene.starts(ann.token.uid)
    await ann.scene.settles()
    unknown = await ann.payment(session)
    ann.scene.clock.jump(timedelta(minutes=1))
    await ann.scene.sweeps()

    held = await ann.payment(session)
    assert unknown is not None
    assert held is not None
    assert not rules.is_over(unknown.state)
    assert held.state is PaymentState.HELD
    holds = [each for each in ann.scene.bank.books.holds.values() if each.method]
    assert len(holds) == 1
    assert await ann.bars() == frozenset()


async def test_news_of_a_start_that_comes_twice_holds_once(ann: Ann) -> None:
    await ann.saves()
    session = await ann.scene.starts(ann.token.uid)
    await ann.scene.settles()
    station = ann.scene.station
    again = SessionStarted(
        party=station.party.id,
        at=ann.scene.now,
        session=session,
        station=station.station.id,
        evse=station.evse(),
        location=station.location.id,
        token=ann.token.uid,
    )
    async with ann.scene.begin() as work:
        await actions.hears_session_started(work, [again, again])
    await ann.scene.settles()

    assert len(ann.scene.bank.books.holds) == 1


async def test_a_method_that_is_removed_pays_nothing_more_and_is_forgotten_there(
    ann: Ann,
) -> None:
    first, second = await ann.saves(), await ann.saves("5555 5555 5555 4444")

    await ann.forgets(first)

    assert [(m.id, m.is_default) for m in await ann.has()] == [(second, True)]
    [gone] = [m for m in ann.scene.bank.books.methods.values() if m.card.last4 == "4242"]
    assert gone.customer is None
    with pytest.raises(methods.NoSuchMethod):
        await ann.forgets(first)


async def test_a_method_that_pays_at_this_moment_is_forgotten_when_that_is_over(ann: Ann) -> None:
    method = await ann.saves()
    session = await ann.scene.starts(ann.token.uid)
    await ann.scene.settles()

    await ann.forgets(method)
    await methods.tidy(ann.scene.begin, ann.scene.provider)
    [kept] = ann.scene.bank.books.methods.values()
    await ann.scene.ends(60_000, minutes=60)
    await ann.scene.settles()
    await methods.tidy(ann.scene.begin, ann.scene.provider)

    paid = await ann.payment(session)
    assert paid is not None
    assert paid.state is PaymentState.CAPTURED
    assert kept.customer is not None
    [gone] = ann.scene.bank.books.methods.values()
    assert gone.customer is None


async def test_nobody_chooses_or_removes_what_is_anothers(ann: Ann) -> None:
    method = await ann.saves()
    party = ann.scene.station.party.id
    stranger = UUID(int=1)

    async with ann.scene.begin() as work:
        with pytest.raises(methods.NoSuchMethod):
            await methods.make_default(work, party, stranger, method)
        with pytest.raises(methods.NoSuchMethod):
            await methods.pay_by(work, party, stranger, ann.token.id, method)


async def test_a_visit_is_held_on_a_saved_method_without_a_page(ann: Ann) -> None:
    await ann.saves()
    [method] = await ann.has()

    visit = await actions.open_visit(
        ann.scene.begin,
        ann.scene.provider,
        evse=ann.scene.station.evse(),
        email="ann@example.org",
        locale="en",
        return_url="http://127.0.0.1:1/v/{visit_key}",
        cancel_url="http://127.0.0.1:1/e/x",
        saved=method,
    )
    payment = await ann.scene.payment(visit)
    await ann.scene.starts(payment.token)
    await ann.scene.ends(60_000, minutes=60)
    await ann.scene.settles()

    assert visit.hosted_url == ""
    assert payment.state is PaymentState.HELD
    assert payment.order is not None
    assert (await ann.scene.payment(visit)).captured == Money(490, EUR)


async def test_a_visit_on_a_method_that_is_refused_starts_nothing(ann: Ann) -> None:
    await ann.saves(NEEDS_DRIVER)
    [method] = await ann.has()

    with pytest.raises(Refusal, match="could not be begun"):
        await actions.open_visit(
            ann.scene.begin,
            ann.scene.provider,
            evse=ann.scene.station.evse(),
            email=None,
            locale="en",
            return_url="http://127.0.0.1:1/v/{visit_key}",
            cancel_url="http://127.0.0.1:1/e/x",
            saved=method,
        )

    assert all(hold.status is not Status.AUTHORISED for hold in ann.scene.bank.books.holds.values())


async def test_a_card_of_a_fleet_is_the_fleets_to_pay(ann: Ann) -> None:
    await ann.saves()
    party = ann.scene.station.party.id
    async with ann.scene.begin() as work:
        fleet = await contracts.add_fleet(work, party, "Posti")
        contract = await contracts.add_contract(
            work, party, "FI-VLT-C2", driver=ann.driver, fleet=fleet.id
        )
        card = await drivers.add_token(work, party, "04FFFF01")
        await contracts.stands_for(work, card.id, contract.id)

    session = await ann.scene.starts(card.uid)
    await ann.scene.settles()

    assert await ann.payment(session) is None
    async with ann.scene.begin() as work:
        assert await store.by_session(work, session) is None


async def test_a_card_that_a_customer_pays_for_on_account_is_not_the_drivers_to_pay(
    ann: Ann,
) -> None:
    await ann.saves()
    party = ann.scene.station.party.id
    async with ann.scene.begin() as work:
        customer = billing.new_customer(work, party, GIVEN)
        await billing.add_customer(work, customer)
        await billing.give_cards(work, customer.id, [ann.token.uid])

    session = await ann.scene.starts(ann.token.uid)
    await ann.scene.settles()
    on_account = await ann.payment(session)
    await ann.scene.ends(60_000, minutes=60)
    async with ann.scene.begin() as work:
        await billing.take_card(work, customer.id, ann.token.id)
    second = await ann.scene.starts(ann.token.uid, ref="tx-2", wh=100_000)
    await ann.scene.settles()

    assert on_account is None
    assert await ann.payment(second) is not None


async def test_who_opens_page_after_page_is_asked_to_come_back_later(ann: Ann) -> None:
    for _ in range(methods.PAGES_MAX):
        await ann.opens_page()

    with pytest.raises(methods.TooManyPages):
        await ann.opens_page()
    ann.scene.clock.jump(timedelta(hours=1, minutes=1))
    assert (await ann.opens_page()).stage is SavingStage.AWAITING
