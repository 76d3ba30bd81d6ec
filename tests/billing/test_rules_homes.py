"""What is paid back for a kWh at home, and to which account: tables."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from voltway.billing.model_homes import Rate
from voltway.billing.rules_homes import amount, change, held, iban_of, rate_on
from voltway.kernel.ids import FleetId, PartyId, new_id
from voltway.kernel.money import Currency

EUR = Currency("EUR")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def a_rate(version: int, day: str, per_kwh: str) -> Rate:
    return Rate(
        id=new_id(NOW),
        party=PartyId(new_id(NOW)),
        fleet=FleetId(new_id(NOW)),
        version=version,
        valid_from=date.fromisoformat(day),
        per_kwh=Decimal(per_kwh),
        currency=EUR,
        made_at=NOW,
        made_by="Aino",
    )


RATES = [
    a_rate(1, "2026-01-01", "0.30"),
    a_rate(2, "2026-03-01", "0.35"),
    a_rate(3, "2026-02-15", "0.32"),
    a_rate(4, "2026-05-01", "0"),
]


@pytest.mark.parametrize(
    ("day", "version"),
    [
        ("2025-12-31", None),
        ("2026-01-01", 1),
        ("2026-02-14", 1),
        ("2026-02-15", 3),
        ("2026-03-01", 3),  # what was said later holds, also over what begins later
        ("2026-05-01", None),
    ],
)
def test_the_newest_version_that_has_begun_is_the_rate_and_nothing_is_none(
    day: str, version: int | None
) -> None:
    found = rate_on(RATES, date.fromisoformat(day))

    assert (found.version if found else None) == version


def test_a_rate_is_shown_for_the_days_on_which_it_holds_and_no_other() -> None:
    shown = [(each.rate.version, f"{each.since}", f"{each.until}") for each in held(RATES)]

    assert shown == [(3, "2026-02-15", "2026-05-01"), (1, "2026-01-01", "2026-02-15")]
    for each in held(RATES):
        assert rate_on(RATES, each.since) == each.rate


@pytest.mark.parametrize(
    ("wh", "per_kwh", "minor"),
    [
        (10_000, "0.30", 300),
        (1, "0.30", 0),
        (1_500, "0.333", 50),
        (17, "0.30", 1),
        (-10, "10", -10),
    ],
)
def test_energy_comes_to_its_rate_rounded_once(wh: int, per_kwh: str, minor: int) -> None:
    assert amount(wh, Decimal(per_kwh), EUR).minor == minor


def test_a_session_and_its_corrections_come_to_what_the_last_energy_comes_to() -> None:
    known, rate = [1_333, 1_017, 9_999, 0], Decimal("0.337")

    made = [
        change(before, after, rate, EUR) for before, after in zip([0, *known], known, strict=False)
    ]

    assert [sum(made[: n + 1]) for n in range(4)] == [amount(wh, rate, EUR).minor for wh in known]


@pytest.mark.parametrize(
    ("typed", "iban"),
    [
        ("FI21 1234 5600 0007 85", "FI2112345600000785"),
        ("de89370400440532013000", "DE89370400440532013000"),
        ("DE89370400440532013001", None),
        ("4242 4242 4242 4242", None),
        ("", None),
        ("FI21" + "1" * 60, None),
    ],
)
def test_an_account_is_taken_where_its_check_digits_fit(typed: str, iban: str | None) -> None:
    assert iban_of(typed) == iban
