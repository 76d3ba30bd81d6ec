"""When payments need a person: tables of figures and what they raise."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from voltway.kernel.money import EUR, Currency, Money
from voltway.payments import rules_alarms as rules
from voltway.payments.model_alarms import (
    Alarm,
    AlarmKind,
    Asked,
    Captured,
    CardSeen,
    KeptAlarm,
    Limits,
    Resting,
    Tries,
    Usual,
)

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
LIMITS = Limits()


@pytest.mark.parametrize(
    ("now", "usual", "raised"),
    [
        pytest.param(Tries(14, 6), Tries(950, 50), True, id="30 % where 5 % is usual"),
        pytest.param(Tries(16, 4), Tries(950, 50), False, id="20 %: not 20 points more"),
        pytest.param(Tries(12, 7), Tries(950, 50), False, id="of 19 tries no rate is told"),
        pytest.param(Tries(60, 40), Tries(700, 300), False, id="40 % where 30 % is usual"),
        pytest.param(Tries(14, 6), Tries(1, 0), True, id="30 % where nobody knows what is usual"),
        pytest.param(Tries(15, 5), Tries(1, 0), False, id="25 % where nobody knows"),
        pytest.param(Tries(0, 0), Tries(0, 0), False, id="nobody pays at all"),
    ],
)
def test_more_declines_than_usual_are_an_alarm(now: Tries, usual: Tries, *, raised: bool) -> None:
    assert bool([*rules.declines(LIMITS, now, usual)]) == raised


def test_a_rate_is_told_with_what_is_usual_and_of_how_many() -> None:
    [known] = rules.declines(LIMITS, Tries(14, 6), Tries(950, 50))
    [unknown] = rules.declines(LIMITS, Tries(14, 6), Tries(0, 0))

    assert known.said == ("30 % of 20 cards were declined in a quarter of an hour; usually 5 %.")
    assert unknown.said.endswith("what is usual is not known yet.")


@pytest.mark.parametrize(("minutes", "raised"), [(29, False), (30, True), (90, True)])
def test_captures_that_rest_long_are_an_alarm(minutes: int, *, raised: bool) -> None:
    resting = Resting(2, NOW - timedelta(minutes=minutes), 2480, "EUR")

    alarms = [*rules.captures(LIMITS, resting, NOW)]

    assert bool(alarms) == raised
    if alarms:
        said = f"2 captures rest, 24.80 EUR in all, the oldest for {minutes} minutes."
        assert alarms[0].said == said


def test_where_no_capture_rests_nothing_is_raised() -> None:
    assert [*rules.captures(LIMITS, None, NOW)] == []


@pytest.mark.parametrize(
    ("waiting", "answered", "raised"),
    [(3, 0, True), (2, 0, False), (30, 1, False), (0, 0, False)],
)
def test_a_provider_is_silent_when_much_waits_and_nothing_is_answered(
    waiting: int, answered: int, *, raised: bool
) -> None:
    assert bool([*rules.silent(LIMITS, [Asked("stripe", waiting, answered)])]) == raised


@pytest.mark.parametrize(
    ("minor", "currency", "n", "raised"),
    [
        pytest.param(5000, "EUR", 100, True, id="five times the usual"),
        pytest.param(4999, "EUR", 100, False, id="a cent less"),
        pytest.param(5000, "EUR", 29, False, id="too few to know"),
        pytest.param(5000, "SEK", 100, False, id="in a currency that nobody paid in yet"),
    ],
)
def test_much_more_than_usual_is_an_alarm(
    minor: int, currency: str, n: int, *, raised: bool
) -> None:
    taken = [Captured("payment:1", Money(minor, Currency(currency)), "Market Square")]

    assert bool([*rules.amounts(LIMITS, taken, [Usual(n, 1000 * n, EUR)])]) == raised


def test_one_card_at_many_places_is_an_alarm_that_says_how_little_is_known_of_it() -> None:
    seen = [CardSeen("Visa", "4242", 4), CardSeen("Visa", "1111", 3)]

    [alarm] = rules.cards(LIMITS, seen)

    assert alarm.about == "card:Visa 4242"
    assert "4 places" in alarm.said
    assert "several cards that end alike" in alarm.said


def test_a_card_that_its_provider_knows_by_a_word_is_surely_one() -> None:
    [alarm] = rules.cards(LIMITS, [CardSeen("Visa", "4242", 4, sure=True)])

    assert alarm.said == "One card Visa 4242 paid at 4 places within an hour."


ALARM = Alarm(AlarmKind.DECLINES, "payments:declined", "30 % of 20 cards were declined.")


def kept(seen_min_ago: int, closed_min_ago: int | None = None) -> KeptAlarm:
    return KeptAlarm(
        id=UUID(int=1),
        alarm=ALARM,
        raised_at=NOW - timedelta(hours=2),
        seen_at=NOW - timedelta(minutes=seen_min_ago),
        closed_at=None if closed_min_ago is None else NOW - timedelta(minutes=closed_min_ago),
    )


@pytest.mark.parametrize(
    ("before", "found", "raised", "seen", "closed"),
    [
        pytest.param([], [ALARM], 1, 0, 0, id="new: told"),
        pytest.param([kept(1)], [ALARM], 0, 1, 0, id="still so: not told again"),
        pytest.param([kept(9)], [], 0, 0, 0, id="over for nine minutes: stays"),
        pytest.param([kept(10)], [], 0, 0, 1, id="over for ten minutes: closed"),
        pytest.param([kept(70, 59)], [ALARM], 0, 1, 0, id="back within an hour: not told again"),
        pytest.param([kept(70, 60)], [ALARM], 1, 0, 0, id="back later: told"),
        pytest.param([kept(30, 20)], [], 0, 0, 0, id="closed: stays closed"),
    ],
)
def test_an_alarm_is_told_once_and_what_flickers_is_one(
    before: list[KeptAlarm], found: list[Alarm], raised: int, seen: int, closed: int
) -> None:
    changes = rules.changed(before, found, NOW)

    assert (len(changes.raised), len(changes.seen), len(changes.closed)) == (raised, seen, closed)
