"""``python -m tests.simulation.hostile [--seconds S] [--sockets N]``: the figures of
``docs/figures/hostile.md``."""

import argparse
import asyncio
import tempfile
from pathlib import Path

from tests.simulation.hostile.siege import Report, besiege
from voltway.runtime.database import connect_owner, open_database
from voltway.runtime.migrate import migrate
from voltway.runtime.postgres import EmbeddedPostgres

MEBIBYTE = 1024 * 1024

#: Who vanished is to be let go long before this.
GONE_S_MAX = 240.0


async def measure(url: str, seconds: float, sockets: int, good: int) -> Report:
    owner = await connect_owner(url)
    try:
        await migrate(owner)
    finally:
        await owner.close()
    database = await open_database(url, connections=4)
    try:
        return await besiege(
            database,
            url,
            good=good,
            sockets=sockets,
            calm_s=seconds / 3,
            siege_s=seconds,
            gone_s_max=GONE_S_MAX,
        )
    finally:
        await database.close()


def told(report: Report) -> list[str]:
    lines = ["| good stations | answers | p50 | p99 | longest |", "|---|---|---|---|---|"]
    for name, phase in (("alone", report.calm), ("besieged", report.besieged)):
        p50, p99, most = (phase.quantile(part) * 1000 for part in (0.5, 0.99, 1.0))
        lines.append(
            f"| {name} | {len(phase.answers)} | {p50:.0f} ms | {p99:.0f} ms | {most:.0f} ms |"
        )
    exact = sum(told == kept for _, told, kept in report.sessions)
    lines += [
        "",
        f"sessions whose energy is exact: {exact} of {len(report.sessions)}",
        f"memory of the gateway: {report.rss_calm / MEBIBYTE:.0f} MiB calm, "
        f"{report.rss_most / MEBIBYTE:.0f} MiB at most besieged",
        f"lines that the gateway held at the end: {report.lines_held}; "
        f"the last line of those who vanished was let go after {report.gone_after_s:.0f} s",
        f"sent by the attackers: {report.sent_bytes / MEBIBYTE:.0f} MiB",
        f"broken frames counted: {report.broken_counted}; raw frames of one attacker kept: "
        f"{report.frames_of_worst}",
        "",
        "| attack | lines dialled | let in | refused | ended |",
        "|---|---|---|---|---|",
    ]
    for name, seen in report.attacks.items():
        refused = sum(n for what, n in seen.items() if what.isdigit() and what != "101")
        lines.append(
            f"| {name} | {seen.get('dialled', 0)} | {seen.get('101', 0)} | {refused} "
            f"| {seen.get('ended', 0)} |"
        )
    return lines


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--seconds", type=float, default=60)
    wanted.add_argument("--sockets", type=int, default=1000)
    wanted.add_argument("--good", type=int, default=50)
    given = wanted.parse_args()
    with tempfile.TemporaryDirectory(prefix="vw-") as folder:
        Path(folder).chmod(0o755)
        postgres = EmbeddedPostgres(Path(folder))
        url = postgres.start()
        try:
            report = asyncio.run(measure(url, given.seconds, given.sockets, given.good))
        finally:
            postgres.stop()
    print("\n".join(told(report)))  # noqa: T201 # this is the command's output


if __name__ == "__main__":
    main()
