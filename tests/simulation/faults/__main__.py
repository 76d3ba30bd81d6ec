"""Strike small worlds by seeded faults, and look whether anything was lost or billed otherwise.

python -m tests.simulation.faults --seed 7 --kills 500
"""

import argparse
import asyncio
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from math import inf
from pathlib import Path
from time import monotonic

import typer

from tests.simulation.faults.blows import BLOWS, DEFAULT, FAMILIES
from tests.simulation.faults.campaign import Campaign, Plan, Played, open_campaign, plans

MEMORY = Path("/dev/shm")
FINDINGS_SHOWN = 20


async def _play_all(
    todo: Sequence[Plan], at_once: int, minutes: float, folder: Path
) -> list[Played]:
    queue = list(reversed(todo))
    ends = monotonic() + minutes * 60
    played: list[Played] = []
    async with open_campaign(folder) as campaign, asyncio.TaskGroup() as tasks:
        for _ in range(at_once):
            tasks.create_task(_play_some(campaign, queue, ends, played))
    typer.echo(_told(played))
    return played


async def _play_some(
    campaign: Campaign, queue: list[Plan], ends: float, played: list[Played]
) -> None:
    while queue and monotonic() < ends:
        done = await campaign.play(queue.pop())
        played.append(done)
        plan, verdict = done.plan, done.verdict
        typer.echo(
            f"world {plan.seed} ({plan.ground}{', unruly' if plan.is_unruly else ''}"
            f"{f', {plan.workers} workers' if plan.workers > 1 else ''}"
            f"{', faulty provider' if plan.has_provider_faults else ''}): "
            f"{done.kills} kills, {done.struck.total()} of {len(plan.blows)} faults struck, "
            f"{verdict.sessions} sessions, "
            f"{verdict.answered} calls, {sum(verdict.held.values())} held, "
            f"{len(verdict.findings)} findings, {done.seconds:.0f} s"
        )
        for finding in [*verdict.findings, *verdict.errors][:FINDINGS_SHOWN]:
            typer.echo(f"  {finding[:700]}")


def _told(played: Sequence[Played]) -> str:
    verdicts = [each.verdict for each in played]
    struck = sum((each.struck for each in played), Counter[str]())
    held = sum((verdict.held for verdict in verdicts), Counter[str]())
    lines = [
        f"{len(played)} worlds",
        f"{sum(each.kills for each in played)} kills",
        f"{struck.total()} faults that struck, of {sum(len(each.plan.blows) for each in played)}",
        *(f"{struck[name]:6}  {name}" for name in sorted(struck)),
        f"{sum(each.sessions for each in verdicts)} sessions, "
        f"{sum(each.guests for each in verdicts)} of them of guests",
        f"{sum(each.answered for each in verdicts)} answered calls",
        f"{sum(each.captured for each in verdicts)} captures",
        f"{sum(each.bills_equal for each in verdicts)} bills equal to the undisturbed run's",
        f"{sum(held.values())} sessions held",
        *(f"{held[why]:6}  {why}" for why in sorted(held)),
        f"{sum(len(each.errors) for each in verdicts)} errors in the logs",
        f"{sum(len(each.findings) for each in verdicts)} findings",
    ]
    return "\n".join(lines)


def main() -> int:
    families = "\n".join(f"  {name:10} {what}" for name, what in FAMILIES.items())
    words = argparse.ArgumentParser(
        prog="tests.simulation.faults",
        description=f"{__doc__}\n\nfaults:\n{families}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    words.add_argument("--seed", type=int, help="default: another one each time")
    words.add_argument("--kills", type=int, default=60, help="default: 60")
    words.add_argument("--faults", default=",".join(DEFAULT), help="default: all but far")
    words.add_argument("--at-once", type=int, default=2, help="how many worlds, default: 2")
    words.add_argument(
        "--minutes", type=float, default=inf, help="begin no world after so many, default: no end"
    )
    given = words.parse_args()
    chosen = given.faults.split(",")
    if unknown := set(chosen) - set(FAMILIES):
        words.error(f"there is no fault {', '.join(sorted(unknown))}")
    if not any(blow.is_kill and blow.family in chosen for blow in BLOWS):
        words.error(
            "something must be killed: house, gateway, web, worker, database, machine, nats"
        )
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    typer.echo(f"seed {seed}")
    began = monotonic()
    folder = MEMORY if MEMORY.exists() else None
    with tempfile.TemporaryDirectory(prefix="vw-", dir=folder) as made:
        Path(made).chmod(0o755)
        todo = list(plans(seed, given.kills, chosen))
        played = asyncio.run(_play_all(todo, given.at_once, given.minutes, Path(made)))
    typer.echo(f"{monotonic() - began:.0f} s")
    return 1 if any(each.verdict.findings for each in played) else 0


if __name__ == "__main__":
    sys.exit(main())
