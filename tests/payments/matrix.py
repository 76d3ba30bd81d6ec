"""Whatever fails, and whenever: verb, fault of the network, fault of webhooks, and our own death.

``collect`` and ``take`` are the two requests by which a saved card pays a bill without its owner:
the hold, and the taking.

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
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

import httpx

from tests.payments.hosted_page import pay
from tests.payments.providers import KINDS, STRIPE, Closable
from tests.payments.providers import Kind as ProviderKind
from tests.payments.scene import Scene, a_scene
from voltway.billing.settling import WALKS_WITHIN
from voltway.billing.sweeps import wake_resting
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import EUR, Money
from voltway.ledger import actions as ledger
from voltway.ledger.model import Account
from voltway.payments import actions as payments
from voltway.payments import collecting, methods
from voltway.payments.model import Payment, PaymentState
from voltway.payments.model_collections import Purpose, Wanted
from voltway.payments.provider import ProviderSilent
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import connect_owner, open_database
from voltway.runtime.jobs import free_jobs
from voltway.runtime.migrate import migrate
from voltway.runtime.postgres import EmbeddedPostgres
from voltway_world.calling import a_line
from voltway_world.provider import ProviderServer
from voltway_world.provider.faults import Fault, Kind, Place

S = PaymentState
NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)

Verb: TypeAlias = Literal["hold", "capture", "void", "refund", "collect", "take"]
SAVING: Final = (STRIPE,)
VISITING: Final[Sequence[Verb]] = ("hold", "capture", "void", "refund")
COLLECTING: Final[Sequence[Verb]] = ("collect", "take")
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

#: Where the provider fails at each verb, and the adapter's word for it.
PLACES: Final[Mapping[Verb, tuple[Place, str]]] = {
    "hold": ("hold", "open_hold"),
    "capture": ("capture", "capture"),
    "void": ("void", "release"),
    "refund": ("refund", "refund"),
    "collect": ("hold", "open_hold"),
    "take": ("capture", "capture"),
}

#: Whose saved card pays bills, and what each bill is.
HOLDER: Final = UUID(int=7)
BILL: Final = Money(490, EUR)


@dataclass(frozen=True, slots=True)
class Case:
    verb: Verb
    strike: tuple[Kind, int] | None
    webhook: str | None
    death: str | None

    def __str__(self) -> str:
        strike = "no fault" if self.strike is None else f"{self.strike[0]} x {self.strike[1]}"
        return f"{self.verb}, {strike}, {self.webhook or 'all told'}, dies {self.death or 'not'}"


def verbs_of(kind: ProviderKind) -> Sequence[Verb]:
    """The verbs that a provider has: one that saves no cards collects from none."""
    return (*VISITING, *COLLECTING) if kind in SAVING else VISITING


def every_case(kind: ProviderKind) -> Iterator[Case]:
    for each in itertools.product(verbs_of(kind), STRIKES, WEBHOOKS, DEATHS):
        yield Case(*each)


def a_sample(kind: ProviderKind) -> list[Case]:
    """Each verb meets each strike; webhooks and deaths go along so that each meets each."""
    rows = itertools.product(enumerate(verbs_of(kind)), enumerate(STRIKES))
    return [
        Case(verb, strike, WEBHOOKS[(row + column) % len(WEBHOOKS)], DEATHS[(row + column) % 4])
        for (row, verb), (column, strike) in rows
    ]


class Died(BaseException):
    """The process ended here."""


class Mortal:
    """A provider at whose door our process dies: before it asked, or with the answer in hand."""

    def __init__(self, inner: Closable, verb: Verb, death: str) -> None:
        self._inner = inner
        self._deed = PLACES[verb][1]
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
    if any(case.verb in COLLECTING for case in cases):
        await _saves_a_card(scene)
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
    with suppress(*TROUBLE):
        await collecting.ask_again(scene.begin, scene.provider)


def _faults(case: Case, number: int) -> Iterator[Fault]:
    if case.strike is not None:
        network, times = case.strike
        yield Fault(on=PLACES[case.verb][0], kind=network, times=times, seconds=5)
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
    async with a_line() as stranger:
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


async def a_bill_by_saved_card(scene: Scene, number: int) -> None:
    party = scene.station.party.id
    async with scene.begin() as work:
        method = await methods.default_of(work, party, HOLDER)
        assert method is not None
        noted = await collecting.note(
            work,
            scene.provider,
            Wanted(
                party=party,
                holder=HOLDER,
                purpose=Purpose.DEBT,
                account=Account(f"customer:{HOLDER}:receivable"),
                about=f"bill:{number}",
                description=f"Bill {number}",
                amount=BILL,
                once=OnceKey(f"bill:{number}"),
                method=method.id,
            ),
        )
    with suppress(*TROUBLE):
        await collecting.go_on(scene.begin, scene.provider, noted.id)


async def _saves_a_card(scene: Scene) -> None:
    """Nothing fails yet, but on a busy machine an answer may come too late: then once more."""
    for _ in range(10):
        page = await methods.open_saving(
            scene.begin,
            scene.provider,
            party=scene.station.party.id,
            holder=HOLDER,
            return_url="http://127.0.0.1:1/me/saved/{saving}",
            cancel_url="http://127.0.0.1:1/me",
        )
        if page.hosted_url is None:
            continue
        await pay(page.hosted_url, "4242 4242 4242 4242")
        if (await methods.look_at_saving(scene.begin, scene.provider, page.id)).method is not None:
            return
    raise AssertionError("no card could be saved")


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


VISITS: Final[dict[Verb, Callable[[Scene, int], Awaitable[None]]]] = {
    "hold": a_hold_only,
    "void": a_visit_without_a_start,
    "capture": a_charge,
    "refund": a_charge_given_back,
    "collect": a_bill_by_saved_card,
    "take": a_bill_by_saved_card,
}


async def quiet(scene: Scene) -> None:
    """Let the rounds go until nothing is left to do; the driver who went away never pays."""
    for _ in range(6):
        scene.clock.jump(timedelta(minutes=2))
        await scene.sweeps()
        await scene.settles()
        await collecting.ask_again(scene.begin, scene.provider)
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
    collected = sum(case.verb in COLLECTING for case in cases)
    assert len(found) == len(cases) - collected
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
    assert len(captures) == len(set(captures)) == charged + collected
    assert len(refunds) == len(set(refunds)) == given_back
    async with scene.begin() as work:
        owed = await ledger.balance(work, Account(f"provider:{scene.provider.name}:due"))
        trial = await ledger.trial_balance(work)
    assert trial.balances
    ours = owed[EUR].minor if EUR in owed else 0
    assert ours == scene.moved_minor == 490 * (charged + collected) - 100 * given_back
    assert await scene.count("collection_view WHERE state = 'done'") == collected
    assert await scene.count("collection_view WHERE state <> 'done'") == 0
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
    words.add_argument("--verb", choices=list(PLACES), help="only this one")
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
    for kind in KINDS:
        if options.provider not in (None, kind.name):
            continue
        began = time.monotonic()
        cases = [case for case in every_case(kind) if options.verb in (None, case.verb)]
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
