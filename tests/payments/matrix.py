"""Whatever fails, and whenever: verb, fault of the network, fault of webhooks, and our own death.

``python -m tests.payments.matrix`` plays every case for every provider, each in a world of its own
where all of one slice are together, and audits: the provider's books equal ours, no money moved
twice, no hold stands open. The everyday tests play a sample.
"""

import argparse
import asyncio
import itertools
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx

from tests.payments.providers import KINDS, Closable
from tests.payments.providers import Kind as ProviderKind
from tests.payments.scene import Scene, a_scene
from voltway.billing.settling import WALKS_WITHIN
from voltway.billing.sweeps import wake_resting
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import EUR, Money
from voltway.ledger import actions as ledger
from voltway.ledger.model import Account
from voltway.payments import actions as payments
from voltway.payments.model import Payment, PaymentState
from voltway.payments.provider import ProviderSilent
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import connect_owner, open_database
from voltway.runtime.jobs import free_jobs
from voltway.runtime.migrate import migrate
from voltway.runtime.postgres import EmbeddedPostgres
from voltway_world.provider import ProviderServer
from voltway_world.provider.faults import Fault, Kind, Place

S = PaymentState
NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)

VERBS: Final[Sequence[Place]] = ("hold", "capture", "void", "refund")
NETWORK: Final[Sequence[Kind]] = (
    "timeout_before",
    "timeout_after",
    "error_500",
    "error_500_after",
    "reset_connection",
    "reset_connection_after",
)
#: No fault, or one that strikes once, or twice in a row.
STRIKES: Final = (None, *itertools.product(NETWORK, (1, 2)))
#: ``reordered``: half of them come late. ``forged``: a stranger sends some too.
WEBHOOKS: Final = (
    None,
    "webhook_doubled",
    "webhook_late",
    "webhook_lost",
    "reordered",
    "forged",
)
DEATHS: Final = (None, "before", "after", "both")

#: The adapter's word for each verb.
DEEDS: Final = {
    "hold": "open_hold",
    "capture": "capture",
    "void": "release",
    "refund": "refund",
}


@dataclass(frozen=True, slots=True)
class Case:
    verb: Place
    strike: tuple[Kind, int] | None
    webhook: str | None
    death: str | None

    def __str__(self) -> str:
        strike = "no fault" if self.strike is None else f"{self.strike[0]} x {self.strike[1]}"
        return f"{self.verb}, {strike}, {self.webhook or 'all told'}, dies {self.death or 'not'}"


def every_case() -> Iterator[Case]:
    for each in itertools.product(VERBS, STRIKES, WEBHOOKS, DEATHS):
        yield Case(*each)


def a_sample() -> list[Case]:
    """Each verb meets each strike; webhooks and deaths go along so that each meets each."""
    return [
        Case(verb, strike, WEBHOOKS[(row + column) % len(WEBHOOKS)], DEATHS[(row + column) % 4])
        for (row, verb), (column, strike) in itertools.product(enumerate(VERBS), enumerate(STRIKES))
    ]


class Died(BaseException):
    """The process ended here."""


class Mortal:
    """A provider at whose door our process dies: before it asked, or with the answer in hand."""

    def __init__(self, inner: Closable, verb: Place, death: str) -> None:
        self._inner = inner
        self._deed = DEEDS[verb]
        self._deaths = ["before", "after"] if death == "both" else [death]

    def __getattr__(self, name: str) -> Any:
        known = getattr(self._inner, name)
        if name != self._deed:
            return known

        async def deed(order: Any) -> Any:
            death = self._deaths.pop(0) if self._deaths else None
            if death == "before":
                raise Died
            answer = await known(order)
            if death == "after":
                raise Died
            return answer

        return deed


async def play(scene: Scene, kind: ProviderKind, cases: Sequence[Case]) -> None:
    """Play these cases one after another, then let the rounds bring all to rest."""
    alive = scene.provider
    for number, case in enumerate(cases, 1):
        scene.bank.faults.set(list(_faults(case, number)))
        if case.death is not None:
            scene.provider = Mortal(alive, case.verb, case.death)
        if case.webhook == "forged":
            await _forge(scene, kind)
        await VISITS[case.verb](scene, number)
        if case.death is not None:
            await _next_process(scene)  # it may die of the same
        scene.provider = alive
        scene.bank.faults.set([])
        if case.death is not None:
            await _next_process(scene)
        scene.clock.jump(timedelta(minutes=1))  # not all of them at once
    await quiet(scene)


async def _next_process(scene: Scene) -> None:
    """Free the jobs of the process that died, and go on with what it left, as the rounds do."""
    scene.clock.jump(WALKS_WITHIN + timedelta(minutes=1))
    await free_jobs(scene.begin)
    await wake_resting(scene.begin)
    with suppress(*TROUBLE):
        await scene.settles()


def _faults(case: Case, number: int) -> Iterator[Fault]:
    if case.strike is not None:
        network, times = case.strike
        yield Fault(on=case.verb, kind=network, times=times, seconds=5)
    match case.webhook:
        case "reordered":
            yield Fault(on="webhook", kind="webhook_late", seconds=0.05, p=0.5, seed=number)
        case "webhook_doubled" | "webhook_late" | "webhook_lost" as fault:
            yield Fault(on="webhook", kind=fault, seconds=0.05)
        case _:
            return


async def _forge(scene: Scene, kind: ProviderKind) -> None:
    """A stranger tells that a hold was captured, signed with a key of theirs."""
    body = kind.body()
    async with httpx.AsyncClient(trust_env=False) as stranger:
        answer = await stranger.post(
            scene.door, content=body, headers=kind.signed(body, "a stranger's key")
        )
    assert answer.status_code == httpx.codes.FORBIDDEN


#: What the person or process at hand gets to see of a fault; the house goes on.
TROUBLE: Final = (ProviderSilent, Died)


async def a_hold_only(scene: Scene, number: int) -> None:
    """The page cannot be opened; the driver goes away."""
    with suppress(*TROUBLE):
        await scene.opens()


async def a_visit_without_a_start(scene: Scene, number: int) -> None:
    await _paid(scene)
    scene.clock.jump(timedelta(minutes=3))
    with suppress(*TROUBLE):
        await scene.sweeps()


async def a_charge(scene: Scene, number: int) -> None:
    await _charged(scene, number)


async def a_charge_given_back(scene: Scene, number: int) -> None:
    payment = await _charged(scene, number)
    with suppress(*TROUBLE):
        await payments.refund(
            scene.begin,
            scene.provider,
            payment.id,
            Money(100, EUR),
            reason="The bay was dark",
            once=OnceKey(f"refund:{payment.id}"),
        )


async def _paid(scene: Scene) -> Payment:
    return await scene.pays(await scene.opens())


async def _charged(scene: Scene, number: int) -> Payment:
    payment = await _paid(scene)
    ref, begin_wh = f"tx-{payment.id}", number * 10_000
    await scene.starts(payment.token, ref=ref, wh=begin_wh)
    await scene.ends(begin_wh + 10_000, ref=ref, minutes=60)
    with suppress(*TROUBLE):
        await scene.settles()
    return payment


VISITS: Final[dict[Place, Callable[[Scene, int], Awaitable[None]]]] = {
    "hold": a_hold_only,
    "void": a_visit_without_a_start,
    "capture": a_charge,
    "refund": a_charge_given_back,
}


async def quiet(scene: Scene) -> None:
    """Let the rounds go until nothing is left to do; the driver who went away never pays."""
    for _ in range(6):
        scene.clock.jump(timedelta(minutes=2))
        await scene.sweeps()
        await scene.settles()
    for hold in list(scene.bank.books.holds.values()):
        if hold.status == "requires_payment":
            scene.bank.desk.expire(hold.id)
    for _ in range(2):
        scene.clock.jump(timedelta(minutes=2))
        await scene.sweeps()


async def all_payments(scene: Scene) -> list[Payment]:
    async with scene.begin() as work:
        rows = await work.all("SELECT id FROM payment_view")
        return [await payments.payment(work, row["id"]) for row in rows]


async def audit(scene: Scene, cases: Sequence[Case]) -> None:
    """Raises ``AssertionError`` where the provider's books are not ours, to the cent."""
    books = scene.bank.books
    found = await all_payments(scene)
    assert len(found) == len(cases)
    for payment in found:
        assert payment.state in (S.CAPTURED, S.RELEASED, S.EXPIRED), payment.state
        assert not payment.hold_open
        hold = scene.bank.desk.hold(payment.provider_ref or "")
        assert hold.status != "authorised"
        assert (payment.captured_minor, payment.refunded_minor) == (
            hold.captured_minor,
            hold.refunded_minor,
        )
    assert all(hold.status != "authorised" for hold in books.holds.values())
    captures = [move.hold for move in books.transactions.values() if move.type == "capture"]
    refunds = [move.hold for move in books.transactions.values() if move.type == "refund"]
    charged = sum(case.verb in ("capture", "refund") for case in cases)
    given_back = sum(case.verb == "refund" for case in cases)
    assert len(captures) == len(set(captures)) == charged
    assert len(refunds) == len(set(refunds)) == given_back
    async with scene.begin() as work:
        owed = await ledger.balance(work, Account(f"provider:{scene.provider.name}:due"))
        trial = await ledger.trial_balance(work)
    assert trial.balances
    ours = owed[EUR].minor if EUR in owed else 0
    assert ours == scene.moved_minor == 490 * charged - 100 * given_back
    assert await scene.count("payment_step WHERE answered_at IS NULL") == 0
    assert await scene.count("settlement_view WHERE state <> 'done'") == 0
    assert await scene.count("invoice_view") == charged


async def play_slice(
    kind: ProviderKind, cases: Sequence[Case], folder: Path, *, patience_s: float
) -> None:
    """A world of its own for these cases: a database, a provider, a bay."""
    postgres = EmbeddedPostgres(folder / "database", durable=False)
    try:
        url = postgres.start()
        owner = await connect_owner(url)
        await migrate(owner)
        await owner.close()
        clock = JumpingClock(NOON)
        database = await open_database(url, clock, connections=8)
        async with ProviderServer(folder / "provider", webhook_delay_s=0.01) as bank:
            provider = kind.speaks_to(bank, timeout_s=patience_s)
            async with a_scene(database, clock, bank, provider) as scene:
                await play(scene, kind, cases)
                await audit(scene, cases)
            await provider.close()
        await database.close()
    finally:
        postgres.stop()


def main() -> int:
    words = argparse.ArgumentParser(prog="tests.payments.matrix", description=__doc__)
    words.add_argument("--provider", choices=[kind.name for kind in KINDS], help="only this one")
    words.add_argument("--slice", type=int, default=104, help="how many cases share a world")
    words.add_argument("--first", type=int, default=1, help="the slice to begin with")
    words.add_argument(
        "--patience",
        type=float,
        default=0.5,
        metavar="SECONDS",
        help="how long an answer is waited for; more, where the machine is busy",
    )
    options = words.parse_args()
    failed = played = 0
    cases = list(every_case())
    for kind in KINDS:
        if options.provider not in (None, kind.name):
            continue
        began = time.monotonic()
        slices = -(-len(cases) // options.slice)
        for number in range(options.first - 1, slices):
            part = cases[number::slices]  # some of each verb
            with tempfile.TemporaryDirectory(prefix="vw-") as name:
                folder = Path(name)
                folder.chmod(0o755)
                try:
                    asyncio.run(play_slice(kind, part, folder, patience_s=options.patience))
                except AssertionError as wrong:
                    failed += 1
                    print(f"{kind.name}, slice {number + 1}: {wrong}")  # noqa: T201
            played += len(part)
            took = time.monotonic() - began
            print(f"{kind.name}: slice {number + 1} of {slices}, {took:.0f} s", flush=True)  # noqa: T201
    print(f"{played} cases, {failed} slices with findings")  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
