"""Many sessions are settled in one work, and none of them keeps the others from it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from tests.billing.words import owes, state
from tests.network import a_station, a_token
from tests.payments.scene import Scene
from voltway.billing import actions
from voltway.billing.model import Settlement, SettlementState
from voltway.kernel.ids import OnceKey, SessionId
from voltway.kernel.money import EUR, Money
from voltway.ledger import actions as ledger
from voltway.ledger.model import Entry, Posting, account
from voltway.payments.provider import CaptureOrder, Declined, HoldSeen, ProviderNonsense
from voltway.payments.providers.simulated import SimulatedProvider

CARDS, TOKENS = 5, 4


async def many_ended(scene: Scene) -> list[Settlement]:
    """Sessions of guests and of cards on account, each at a bay of its own, that have ended."""
    home = scene.station
    found: list[SessionId] = []
    for turn in range(CARDS + TOKENS):
        async with scene.begin() as work:
            scene.station = await a_station(work, home.party)
            token = (await a_token(work, home.party)).uid
        if turn < CARDS:
            token = (await scene.pays(await scene.opens())).token
        found.append(await scene.starts(token, ref=f"tx-{turn}", wh=turn * 10_000))
        await scene.ends(turn * 10_000 + 5_000, ref=f"tx-{turn}")
    await scene.bus.catch_up()
    async with scene.begin() as work:
        opened = [await actions.settlement_of(work, session) for session in found]
    return [each for each in opened if each is not None]


async def walks(
    scene: Scene, settlements: Sequence[Settlement], provider: SimulatedProvider | None = None
) -> list[Exception | None]:
    bodies = [{"settlement": str(each.id)} for each in settlements]
    return await actions.settle_many(scene.begin, provider or scene.provider, bodies)


async def places(scene: Scene) -> list[int]:
    async with scene.begin() as work:
        rows = await work.all("SELECT place FROM invoice_view ORDER BY place")
    return [row["place"] for row in rows]


async def test_many_settlements_are_walked_in_two_works_and_each_once(scene: Scene) -> None:
    settlements = await many_ended(scene)
    works = 0

    def count(_: object) -> None:
        nonlocal works
        works += 1

    scene.database.when_kept(count)
    assert await walks(scene, settlements) == [None] * len(settlements)
    assert works == 2, "one that prices and notes what is asked, one that notes the answers"
    assert await walks(scene, settlements) == [None] * len(settlements)

    for each in settlements:
        assert await state(scene, each.session) is SettlementState.DONE
    assert await places(scene) == list(range(1, len(settlements) + 1))
    assert scene.moved_minor == CARDS * 245  # 5 kWh at 0.49
    assert await scene.count("payment_step_view WHERE verb = 'capture'") == CARDS
    assert await owes(scene, "provider:simulated:due") == Money(CARDS * 245, EUR)
    async with scene.begin() as work:
        assert (await ledger.trial_balance(work)).balances


async def test_one_whose_books_refuse_it_rests_and_the_others_are_settled(scene: Scene) -> None:
    settlements = await many_ended(scene)
    poison = settlements[2]
    async with scene.begin() as work:
        other = Posting(account("bank"), account("revenue", "energy"), Money(1, EUR))
        await ledger.post(
            work,
            Entry(
                party=poison.party,
                once=OnceKey(f"{poison.id}:sale"),
                at=scene.now,
                memo="What nobody foresaw.",
                evidence={"session": "x"},
                postings=(other,),
            ),
        )

    assert await walks(scene, settlements) == [None] * len(settlements)

    async with scene.begin() as work:
        rested = await actions.settlement_of(work, poison.session)
    assert rested is not None
    assert rested.state is SettlementState.RESTING
    assert rested.last_trouble is not None
    assert "already stands for another entry" in rested.last_trouble
    for each in settlements:
        if each is not poison:
            assert await state(scene, each.session) is SettlementState.DONE
    assert await places(scene) == list(range(1, len(settlements)))
    assert scene.moved_minor == CARDS * 245, "asked again under its key, nobody paid twice"


async def test_one_that_breaks_the_whole_work_stands_alone_with_its_trouble(scene: Scene) -> None:
    settlements = await many_ended(scene)
    poison = settlements[-1]
    async with scene.begin() as work:  # a CDR of this session is there already, from nowhere
        await work.run(
            """
            INSERT INTO cdr (id, party_id, settlement_id, session_id, total_minor, currency,
                             document, sha256, made_at)
            VALUES ($1, $2, $3, $4, 0, 'EUR', '{}', encode(sha256('{}'), 'hex'), $5)
            """,
            UUID(int=1),
            poison.party,
            poison.id,
            poison.session,
            scene.now,
        )

    outcomes = await walks(scene, settlements)

    assert outcomes[:-1] == [None] * (len(settlements) - 1)
    assert "cdr_settlement_id_key" in str(outcomes[-1])
    for each in settlements[:-1]:
        assert await state(scene, each.session) is SettlementState.DONE
    assert await places(scene) == list(range(1, len(settlements)))
    assert scene.moved_minor == CARDS * 245


class SlowOverOne(SimulatedProvider):
    """Answers all but one at once."""

    may_answer: asyncio.Event
    slow: str

    async def capture(self, order: CaptureOrder) -> HoldSeen | Declined:
        if self.slow in order.once:
            await self.may_answer.wait()
        return await super().capture(order)


async def test_a_provider_that_is_slow_over_one_keeps_no_other_receipt_waiting(
    scene: Scene,
) -> None:
    settlements = await many_ended(scene)
    provider = SlowOverOne(
        scene.bank.url, secret=scene.bank.secret, webhook_secret=scene.bank.webhook_secret
    )
    provider.slow, provider.may_answer = str(settlements[0].id), asyncio.Event()
    kept = asyncio.Event()
    scene.database.when_kept(lambda _: kept.set())
    walking = asyncio.create_task(walks(scene, settlements, provider))
    async with asyncio.timeout(20):
        while len(await places(scene)) < len(settlements) - 1:
            await kept.wait()
            kept.clear()

    provider.may_answer.set()
    assert await walking == [None] * len(settlements)
    await provider.close()
    assert len(await places(scene)) == len(settlements)


class TalksNonsense(SimulatedProvider):
    """Says of one hold what cannot be, and counts what it was asked."""

    about: str
    asked: int = 0

    async def capture(self, order: CaptureOrder) -> HoldSeen | Declined:
        self.asked += 1
        if self.about in order.once:
            raise ProviderNonsense(self.name, "a hold that is 'blue'")
        return await super().capture(order)


async def test_nonsense_about_one_rests_that_one_and_nobody_is_asked_twice(scene: Scene) -> None:
    settlements = await many_ended(scene)
    provider = TalksNonsense(
        scene.bank.url, secret=scene.bank.secret, webhook_secret=scene.bank.webhook_secret
    )
    provider.about = str(settlements[1].id)

    assert await walks(scene, settlements, provider) == [None] * len(settlements)
    await provider.close()

    assert provider.asked == CARDS
    assert await state(scene, settlements[1].session) is SettlementState.RESTING
    assert len(await places(scene)) == len(settlements) - 1
    scene.clock.jump(timedelta(minutes=1))
    await scene.settles()
    assert await state(scene, settlements[1].session) is SettlementState.DONE
    assert scene.moved_minor == CARDS * 245
