"""Which provider is asked, and what happens when it fails."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from tests.payments.hosted_page import pay
from tests.payments.providers import SIMULATED, STRIPE, Closable, patience_s
from tests.payments.scene import Scene
from voltway.kernel.errors import Refusal
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import EUR, Currency, Money
from voltway.payments import actions
from voltway.payments.choosing import LAST_FOR_S, Offer, Providers, Terms, named, of
from voltway.payments.model import Captured, Payment, PaymentState, Visit
from voltway.payments.provider import ProviderSilent, Refunded
from voltway.payments.providers.none import NobodyPaysHere
from voltway_world.provider import ProviderServer
from voltway_world.provider.faults import Fault

VLT = "FI*VLT"
SEK = Currency("SEK")
LATER = timedelta(minutes=1)


@dataclass
class Hand:
    """A clock whose hand a test moves."""

    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Pair:
    """Two providers of one house, each with its bank."""

    first: Closable
    second: Closable
    banks: dict[str, ProviderServer]
    hand: Hand = field(default_factory=Hand)

    def offered(self, first: Terms | None = None, second: Terms | None = None) -> Providers:
        return Providers(
            [
                Offer(provider=self.first, terms=first or Terms()),
                Offer(provider=self.second, terms=second or Terms()),
            ],
            wall=self.hand,
        )


@pytest.fixture
async def pair(
    request: pytest.FixtureRequest, bank: ProviderServer, tmp_path: Path
) -> AsyncIterator[Pair]:
    async with ProviderServer(tmp_path / "second", webhook_delay_s=0.01) as other:
        patience = patience_s(request)
        first = STRIPE.speaks_to(bank, timeout_s=patience)
        second = SIMULATED.speaks_to(other, timeout_s=patience)
        yield Pair(first, second, {"stripe": bank, "simulated": other})
        await first.close()
        await second.close()


def names(given: Providers, party: str = VLT, currency: Currency = EUR, method: str = "") -> str:
    return " ".join(provider.name for provider in given.offered(party, currency, method))


def test_all_are_offered_in_their_order_where_nothing_else_is_said(pair: Pair) -> None:
    assert names(pair.offered()) == "stripe simulated"


@pytest.mark.parametrize(
    ("terms", "asked", "offered"),
    [
        pytest.param(Terms(parties=frozenset({VLT})), {}, "stripe simulated", id="its party"),
        pytest.param(Terms(parties=frozenset({"DE*X"})), {}, "simulated", id="another party"),
        pytest.param(
            Terms(currencies=frozenset({"EUR"})), {"currency": SEK}, "simulated", id="a currency"
        ),
        pytest.param(
            Terms(methods=frozenset({"card"})), {"method": "card"}, "stripe simulated", id="a card"
        ),
        pytest.param(
            Terms(methods=frozenset({"card"})), {"method": "blik"}, "simulated", id="no such method"
        ),
        pytest.param(
            Terms(methods=frozenset({"card"})), {}, "stripe simulated", id="no method chosen yet"
        ),
    ],
)
def test_a_provider_is_offered_for_its_parties_currencies_and_methods(
    pair: Pair, terms: Terms, asked: dict[str, Currency], offered: str
) -> None:
    assert names(pair.offered(terms), **asked) == offered


def test_one_that_was_silent_is_offered_last_for_a_minute(pair: Pair) -> None:
    given = pair.offered()

    given.was_silent("stripe")
    soon = names(given)
    pair.hand.at += LAST_FOR_S

    assert soon == "simulated stripe"
    assert names(given) == "stripe simulated"


async def test_a_provider_that_is_gone_is_silent_and_so_what_it_has_rests(pair: Pair) -> None:
    gone = of(pair.offered(), "adyen")

    assert named(pair.offered(), "adyen") is None
    with pytest.raises(ProviderSilent, match="adyen did not answer"):
        await gone.fetch("x")


async def visit(scene: Scene, given: Providers) -> Visit:
    return await actions.open_visit(
        scene.begin,
        given,
        evse=scene.station.evse(),
        email=None,
        locale="en",
        return_url="http://127.0.0.1:1/v/{visit_key}",
        cancel_url="http://127.0.0.1:1/e/x",
    )


async def paid(scene: Scene, given: Providers) -> Payment:
    opened = await visit(scene, given)
    await pay(opened.hosted_url)
    payment = await scene.payment(opened)
    return await actions.refresh(scene.begin, given, payment.id)


@pytest.mark.patience(2.0)
@pytest.mark.parametrize(
    "fault", ["timeout_before", "timeout_after", "error_500", "error_500_after"]
)
async def test_where_one_fails_the_next_takes_the_whole_payment(
    scene: Scene, pair: Pair, fault: str
) -> None:
    given = pair.offered()
    pair.banks["stripe"].faults.set([Fault(on="hold", kind=fault, times=1)])  # type: ignore[arg-type]

    payment = await paid(scene, given)
    taken = await actions.capture(
        scene.begin, given, payment.id, Money(1166, EUR), OnceKey("settlement-1")
    )
    back = await actions.refund(
        scene.begin, given, payment.id, Money(100, EUR), reason="dark", once=OnceKey("refund-1")
    )

    async with scene.begin() as work:
        steps = await actions.steps_of(work, payment.id)
        after = await actions.payment(work, payment.id)
    assert (payment.state, payment.provider) == (PaymentState.HELD, "simulated")
    assert (after.state, after.refunded_minor) == (PaymentState.CAPTURED, 100)
    assert isinstance(taken, Captured)
    assert isinstance(back, Refunded)
    assert sorted((step.verb, step.answer) for step in steps) == [
        ("capture", "done"),
        ("hold", "done"),
        ("hold", "passed_on"),
        ("refund", "done"),
    ]
    assert sum(m.amount_minor for m in pair.banks["simulated"].books.transactions.values()) == 1066
    assert not pair.banks["stripe"].books.transactions


@pytest.mark.patience(2.0)
async def test_a_page_that_was_opened_unheard_is_nobodys(scene: Scene, pair: Pair) -> None:
    """Its webhooks name a payment of ours that another provider has: nothing comes of them."""
    given = pair.offered()
    bank = pair.banks["stripe"]
    bank.faults.set([Fault(on="hold", kind="timeout_after", times=1)])
    opened = await visit(scene, given)
    [unheard] = bank.books.holds
    scene.provider = pair.first

    bank.desk.expire(unheard)
    await scene.webhook_answered(200)

    payment = await scene.payment(opened)
    assert (payment.state, payment.provider) == (PaymentState.AWAITING, "simulated")
    assert await scene.count("webhook_event") == 0


async def test_a_no_of_one_is_not_the_last_word(scene: Scene, pair: Pair) -> None:
    async with scene.begin() as work:
        await work.run("UPDATE party SET currency = 'KWD'")  # Stripe cannot take it exactly

    payment = await paid(scene, pair.offered())

    assert payment.provider == "simulated"


async def test_when_all_are_silent_the_driver_is_told_and_the_last_is_asked_again(
    scene: Scene, pair: Pair
) -> None:
    given = pair.offered()
    for bank in pair.banks.values():
        bank.faults.set([Fault(on="hold", kind="error_500", times=1)])

    with pytest.raises(ProviderSilent, match="simulated did not answer"):
        await visit(scene, given)
    scene.clock.jump(LATER)
    await actions.resolve_unknown(scene.begin, given)

    async with scene.begin() as work:
        [row] = await work.all("SELECT state, provider FROM payment_view")
    assert (row["state"], row["provider"]) == ("awaiting", "simulated")


async def test_where_none_is_offered_nobody_pays_and_nothing_is_kept(
    scene: Scene, pair: Pair
) -> None:
    nowhere = Terms(parties=frozenset({"DE*ABC"}))

    with pytest.raises(NobodyPaysHere) as refused:
        await visit(scene, pair.offered(nowhere, nowhere))

    assert isinstance(refused.value, Refusal)
    assert await scene.count("payment_view") == 0
