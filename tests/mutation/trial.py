"""Tries mutants one after the other, each in a fork of a process that has everything loaded.

Which tests reach which function is learned once, so a mutant is met by those alone, the quick ones
first; the first that fails has killed it. A fork costs some milliseconds, starting Python and
collecting the tests some seconds: so thousands of mutants take minutes.
"""

import os
import random
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from itertools import pairwise
from time import monotonic
from types import CodeType, FrameType
from typing import Final

import pytest

from tests.mutation.mutants import Mutant, live, mutants_of

#: A mutant that is so much slower than its tests were loops.
TIMES_SLOWER: Final = 10
SLOWER_S: Final = 10
KILLED, SURVIVED = 1, 0
#: Fewer than a test of every day tries: a fault that needs more is found late, if at all.
EXAMPLES: Final = 20


@dataclass(frozen=True, slots=True)
class Tried:
    """A mutant and what came of it."""

    mutant: Mutant
    is_killed: bool
    how: str  # the test that failed; or why it lives


@dataclass(eq=False)
class Trial:
    """A plugin of pytest that runs mutants against the tests that were collected."""

    modules: Sequence[str]
    share: float = 1.0
    seed: int = 1
    said: Callable[[str], None] = lambda _: None
    tried: list[Tried] = field(default_factory=list)
    database: bool = False
    _failed: list[str] = field(default_factory=list)
    _took: dict[str, float] = field(default_factory=dict)
    _reach: dict[tuple[str, str], list[pytest.Item]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _kills: Counter[str] = field(default_factory=Counter)
    _caches: list[Callable[[], None]] = field(default_factory=list)

    def pytest_collection(self) -> None:
        """The same few examples each time. (Loaded earlier, its plugin would not be rewritten.)"""
        from hypothesis import Phase, settings

        settings.register_profile(
            "mutants",
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            phases=(Phase.explicit, Phase.generate),  # a fault is a fault, however large
        )
        settings.load_profile("mutants")

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Those that touch nothing outside of the process; with a database, the others too."""
        if not self.database:
            outside = [each for each in items if _is_outside(each)]
            items[:] = [each for each in items if not _is_outside(each)]
            config.hook.pytest_deselected(items=outside)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.append(report.nodeid)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        mutants = [each for name in self.modules for each in mutants_of(import_module(name))]
        chosen = random.Random(self.seed).sample(mutants, round(len(mutants) * self.share))
        self._learn(session.items)
        if self._failed:
            raise pytest.UsageError(f"without a fault these fail already: {self._failed}")
        self._caches = list(_caches())
        self.said(f"{len(mutants)} mutants, {len(chosen)} of them are tried")
        for mutant in sorted(chosen, key=lambda each: (each.module, each.line, each.what)):
            found = self._try(mutant)
            self.tried.append(found)
            if not found.is_killed:
                self.said(f"lives: {mutant}: {found.how}")
        return True

    def _learn(self, items: Sequence[pytest.Item]) -> None:
        """Run every test once, and note which functions it enters and how long it takes."""
        homes = {id(code): home for code, home in _codes(self.modules)}
        for item, after in _in_turn(items):
            entered: set[tuple[str, str]] = set()
            began = monotonic()
            with _watching(homes, entered):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            self._took[item.nodeid] = monotonic() - began
            for home in entered:
                self._reach[home].append(item)

    def _try(self, mutant: Mutant) -> Tried:
        tests = sorted(
            self._reach[mutant.module, mutant.function],
            key=lambda item: (-self._kills[item.nodeid], self._took[item.nodeid]),
        )
        if not tests:
            return Tried(mutant, is_killed=False, how="no test comes here")
        within_s = SLOWER_S + TIMES_SLOWER * sum(self._took[item.nodeid] for item in tests)
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            self._die_or_live(mutant, tests, writing, int(within_s))
        os.close(writing)
        with os.fdopen(reading) as told:
            killer = told.read()
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            return Tried(mutant, is_killed=True, how=f"signal {os.WTERMSIG(status)}")
        if os.WEXITSTATUS(status) == SURVIVED:
            return Tried(mutant, is_killed=False, how=f"{len(tests)} tests pass")
        self._kills[killer] += 1
        return Tried(mutant, is_killed=True, how=killer)

    def _die_or_live(
        self, mutant: Mutant, tests: Sequence[pytest.Item], writing: int, within_s: int
    ) -> None:
        """In the fork: put the fault in, and run the tests until one fails."""
        status = KILLED
        try:
            signal.alarm(within_s)
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            live(import_module(mutant.module), mutant.function).__code__ = mutant.code
            for forget in self._caches:
                forget()
            self._failed.clear()
            for item, after in _in_turn(tests):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
                if self._failed:
                    os.write(writing, self._failed[0].encode())
                    break
            else:
                status = SURVIVED
        finally:
            os._exit(status)


def _is_outside(item: pytest.Item) -> bool:
    return not isinstance(item, pytest.Function) or "server" in item.fixturenames


def _in_turn(items: Sequence[pytest.Item]) -> Iterator[tuple[pytest.Item, pytest.Item | None]]:
    """Each test with the one that follows it: what a test made for all stands until the last.

    After the last follows none of them, but the one that has the least in common with it: so what
    all share (the database server) stands for the next fork, and nothing else does.
    """
    yield from pairwise(items)
    if items:
        last = items[-1]
        others = [each for each in last.session.items if each is not last]
        yield last, min(others, key=lambda each: _in_common(each, last), default=None)


def _in_common(one: pytest.Item, other: pytest.Item) -> int:
    return len(set(one.listchain()) & set(other.listchain()))


def _codes(modules: Sequence[str]) -> Iterator[tuple[CodeType, tuple[str, str]]]:
    for name in modules:
        module = import_module(name)
        for function in {mutant.function for mutant in mutants_of(module)}:
            yield live(module, function).__code__, (name, function)


@contextmanager
def _watching(homes: dict[int, tuple[str, str]], entered: set[tuple[str, str]]) -> Iterator[None]:
    def seen(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and (home := homes.get(id(frame.f_code))) is not None:
            entered.add(home)

    sys.setprofile(seen)
    try:
        yield
    finally:
        sys.setprofile(None)


def _caches() -> Iterator[Callable[[], None]]:
    """What the house remembers of answers that a fault would change, each with how to forget it."""
    for name, module in list(sys.modules.items()):
        if name.startswith("voltway."):
            for called, each in vars(module).items():
                if hasattr(each, "cache_clear"):
                    yield each.cache_clear
                elif called == "_known" and isinstance(each, dict):
                    yield each.clear
