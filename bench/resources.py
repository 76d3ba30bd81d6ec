"""CPU and memory of processes with all their descendants, counted as ``loadgen.py`` does."""

from collections.abc import Iterable, Iterator
from contextlib import suppress

import psutil


def cpu_s(pids: Iterable[int]) -> float:
    """User and system seconds of these processes and their descendants, dead children included."""
    total = 0.0
    for process in _family(pids):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def pss_bytes(pids: Iterable[int]) -> int:
    """Memory; pages that processes share are divided among them."""
    total = 0
    for process in _family(pids):
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            total += process.memory_full_info().pss
    return total


def _family(pids: Iterable[int]) -> Iterator[psutil.Process]:
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(pid)
            yield root
            yield from root.children(recursive=True)
