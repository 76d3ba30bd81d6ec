"""The command in a process of its own, forked from one that has imported everything already: to
start Python and import it all costs a good second of a core each time."""

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["voltway.cli.main", "voltway.app", "tests.cli.forked"])


def run(
    words: Sequence[str], env: Mapping[str, str], said: Path, *, within_s: float
) -> tuple[int, str]:
    """The status of ``voltway words…`` in this environment, and what it said on both its streams.
    Raises ``TimeoutError``."""
    process = _SERVER.Process(target=_voltway, args=(list(words), dict(env), str(said)))
    process.start()
    process.join(within_s)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise TimeoutError(f"voltway {' '.join(words)} took longer than {within_s} s")
    status = process.exitcode
    process.close()
    return status, said.read_text()


def _voltway(words: list[str], env: dict[str, str], said: str) -> None:
    out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["voltway", *words]
    from voltway.cli.main import main

    main()
