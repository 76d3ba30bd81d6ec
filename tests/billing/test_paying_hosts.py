"""Hosts are paid to their accounts at a provider: once, when it is due, and in the books."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from tests.billing.months import in_month
from tests.billing.test_hosts import a_host, agreed, hearing
from tests.billing.test_settlements_hosts import settled
from tests.billing.words import owes
from tests.network import a_party
from tests.payments.providers import STRIPE, Closable, patience_s
from tests.payments.scene import Scene
from voltway.billing import paying_hosts, store_hosts
from voltway.billing.model_hosts import Host, Terms
from voltway.kernel.errors import Refusal
from voltway.kernel.money import EUR, Money
from voltway.ledger import actions as ledger
from voltway.payments import payouts_read, transfers
from voltway.payments.model_transfers import TransferState
from voltway_world.provider import ProviderServer
from voltway_world.provider.faults import Fault
from voltway_world.provider.payouts import pay_out

NOTHING = Money(0, EUR)


@pytest.fixture
async def provider(request: pytest.FixtureRequest, bank: ProviderServer) -> AsyncIterator[Closable]:
    adapter = STRIPE.speaks_to(bank, timeout_s=patience_s(request))
    yield adapter
    await adapter.close()


async def due(scene: Scene, *, account: str = "acct_kamppi") -> tuple[Host, UUID]:
    """A host with half of one charge in March, settled: 1.95 EUR of 3.90 net."""
    host = await a_host(hearing(scene))
    await agreed(scene, host, Terms(percent=Decimal(50)))
    party = scene.station.party.id
    async with scene.begin(party) as work:
        typed = {"provider": "stripe", "account": account}
        await paying_hosts.pay_by(work, scene.provider, party, host.id, typed)
    scene.clock.jump_to(in_month(scene, "2026-03").ends - timedelta(days=20))
    payment = await scene.pays(await scene.opens())
    await scene.starts(payment.token)
    await scene.ends(60_000)
    await scene.settles()
    [id] = await settled(scene, "2026-03", host)
    return host, id


async def pays(scene: Scene, settlement: UUID) -> TransferState:
    sent = await paying_hosts.pay(
        scene.begin, scene.provider, scene.station.party.id, settlement, by="Aino"
    )
    return sent.state


async def test_a_settlement_is_sent_on_the_day_on_which_it_is_due_and_once(scene: Scene) -> None:
    host, _ = await due(scene)
    early = await paying_hosts.pay_due(scene.begin, scene.provider)

    scene.clock.jump(timedelta(days=31))
    sent = [await paying_hosts.pay_due(scene.begin, scene.provider) for _ in range(2)]

    assert (early, sent) == (0, [1, 0])
    [transfer] = scene.bank.books.transfers.values()
    assert (transfer.destination, transfer.amount_minor) == ("acct_kamppi", 195)
    assert await owes(scene, f"host:{host.id}:payable") == NOTHING
    async with scene.begin() as work:
        assert (await ledger.trial_balance(work)).balances


async def test_who_says_so_pays_before_it_is_due_and_not_again(scene: Scene) -> None:
    _, settlement = await due(scene)

    assert await pays(scene, settlement) is TransferState.DONE
    with pytest.raises(transfers.SentBefore):
        await pays(scene, settlement)
    scene.clock.jump(timedelta(days=31))
    assert await paying_hosts.pay_due(scene.begin, scene.provider) == 0
    assert len(scene.bank.books.transfers) == 1


@pytest.mark.patience(2.0)
@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after", "reset_connection_after"])
async def test_a_silence_leaves_it_on_its_way_and_the_rounds_bring_it_to_its_end(
    scene: Scene, fault: str
) -> None:
    host, settlement = await due(scene)
    scene.bank.faults.set([Fault(on="transfer", kind=fault, times=1, seconds=5)])  # type: ignore[arg-type]

    assert await pays(scene, settlement) is TransferState.ASKED
    assert await owes(scene, f"host:{host.id}:payable") == Money(-195, EUR)
    with pytest.raises(transfers.SentBefore):
        await pays(scene, settlement)
    scene.clock.jump(timedelta(minutes=1))
    assert await transfers.ask_again(scene.begin, scene.provider) == 1

    assert await owes(scene, f"host:{host.id}:payable") == NOTHING
    assert len(scene.bank.books.transfers) == 1


async def test_a_death_after_it_was_noted_is_made_up_for_by_the_rounds(scene: Scene) -> None:
    _, settlement = await due(scene)
    async with scene.begin() as work:
        found = await store_hosts.due(work, settlement)
        assert found is not None
        wanted = paying_hosts.wanted(found)
        await transfers.note(work, scene.provider, wanted, by="Aino")

    scene.clock.jump(timedelta(minutes=1))
    await transfers.ask_again(scene.begin, scene.provider)

    assert len(scene.bank.books.transfers) == 1


async def test_a_no_is_said_and_may_be_tried_again_with_another_account(scene: Scene) -> None:
    host, settlement = await due(scene, account="acct_restricted")
    party = scene.station.party.id

    with pytest.raises(transfers.NotSent, match="transfers capability"):
        await pays(scene, settlement)
    assert await paying_hosts.pay_due(scene.begin, scene.provider) == 0, "a person looks first"
    async with scene.begin(party) as work:
        typed = {"provider": "stripe", "account": "acct_other"}
        await paying_hosts.pay_by(work, scene.provider, party, host.id, typed)

    assert await pays(scene, settlement) is TransferState.DONE


async def test_the_report_of_the_provider_finds_what_was_sent(scene: Scene) -> None:
    _, settlement = await due(scene)
    await pays(scene, settlement)
    pay_out(scene.bank.books, "EUR")

    taken = await payouts_read.fetch(scene.begin, scene.provider, scene.station.party.id, by="Aino")

    assert (taken.lines, taken.open, taken.posted) == (2, 0, 1)
    assert await owes(scene, "provider:stripe:due") == NOTHING


async def test_a_share_that_the_books_do_not_know_is_not_explained(scene: Scene) -> None:
    _, settlement = await due(scene)
    await pays(scene, settlement)
    [move] = [m for m in scene.bank.books.transactions.values() if m.type == "transfer"]
    scene.bank.books.transactions["txn_strange"] = type(move)(
        **{name: getattr(move, name) for name in move.__struct_fields__}
        | {"id": "txn_strange", "transfer": "tr_strange", "amount_minor": -1}
    )
    strange = next(iter(scene.bank.books.transfers.values()))
    scene.bank.books.transfers["tr_strange"] = type(strange)(
        **{name: getattr(strange, name) for name in strange.__struct_fields__}
        | {"id": "tr_strange", "amount_minor": 1}
    )
    pay_out(scene.bank.books, "EUR")

    taken = await payouts_read.fetch(scene.begin, scene.provider, scene.station.party.id, by="Aino")

    assert taken.open == 1


@pytest.mark.parametrize(
    ("provider_name", "account", "says"),
    [
        ("stripe", "a b", "acct_1A2b3C"),
        ("mollie", "acct_1", "sends no shares"),
        ("", "acct_1", "sends no shares"),
    ],
)
async def test_an_account_that_is_none_is_not_taken(
    scene: Scene, provider_name: str, account: str, says: str
) -> None:
    host = await a_host(scene)
    party = scene.station.party.id

    typed = {"provider": provider_name, "account": account}
    async with scene.begin(party) as work:
        with pytest.raises(Refusal, match=says):
            await paying_hosts.pay_by(work, scene.provider, party, host.id, typed)


async def test_a_host_without_an_account_is_paid_from_the_bank(scene: Scene) -> None:
    host, settlement = await due(scene)
    party = scene.station.party.id
    async with scene.begin(party) as work:
        await paying_hosts.pay_by(work, scene.provider, party, host.id, {"account": ""})

    with pytest.raises(paying_hosts.NoAccount):
        await pays(scene, settlement)
    scene.clock.jump(timedelta(days=31))
    assert await paying_hosts.pay_due(scene.begin, scene.provider) == 0


async def test_another_party_cannot_send_it(scene: Scene) -> None:
    _, settlement = await due(scene)
    async with scene.begin() as work:
        stranger = await a_party(work)

    with pytest.raises(paying_hosts.NoSuchSettlementOfHost):
        await paying_hosts.pay(scene.begin, scene.provider, stranger.id, settlement, by="Eve")
