"""What the house counts and times, for Prometheus. Names say the unit."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

REGISTRY: Final = CollectorRegistry()

_QUICK: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

WORK_SECONDS: Final = Histogram(
    "voltway_work_seconds",
    "Time from the begin of a transaction to its end",
    ["outcome"],
    registry=REGISTRY,
    buckets=_QUICK,
)


def counter(name: str, words: str, *labels: str) -> Counter:
    """A count of a room's own; the name ends with what is counted."""
    return Counter(name, words, labels, registry=REGISTRY)


def gauge(name: str, words: str, *labels: str) -> Gauge:
    """A level of a room's own."""
    return Gauge(name, words, labels, registry=REGISTRY)


def histogram(name: str, words: str, *labels: str) -> Histogram:
    """A distribution of a room's own, of seconds."""
    return Histogram(name, words, labels, registry=REGISTRY, buckets=_QUICK)


FACTS: Final = gauge("voltway_facts_kept", "Facts in the outbox")
DEAD_FACTS: Final = gauge("voltway_dead_facts", "Facts laid aside, to be seen by an operator")
JOBS: Final = gauge("voltway_jobs_queued", "Jobs in the queue, by their state", "state")


def rendered() -> bytes:
    """All of it, as Prometheus reads it (text format 0.0.4)."""
    return generate_latest(REGISTRY)
