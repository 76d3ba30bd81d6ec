"""What somebody types about a host and an agreement is taken as it is meant, or refused."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

import pytest

from voltway.billing import rules_hosts
from voltway.billing.model_hosts import Terms
from voltway.billing.rules_hosts import FieldNotValid

Reading = Callable[[Mapping[str, str]], object]


def name(given: Mapping[str, str]) -> object:
    return rules_hosts.text(given, "x", "The name", most=10)


def remark(given: Mapping[str, str]) -> object:
    return rules_hosts.optional(given, "x", "The remark")


def pay_days(given: Mapping[str, str]) -> object:
    return rules_hosts.days(given, "x", "The days", 30)


def begins(given: Mapping[str, str]) -> object:
    return rules_hosts.day(given, "x", "The first day")


def fee(given: Mapping[str, str]) -> object:
    return rules_hosts.amount(given, "x", "The fee")


def of(field: Callable[[Mapping[str, str]], object], named: str) -> Reading:
    return lambda given: field({named: given["x"]} if "x" in given else {})


COUNTRY = of(rules_hosts.country, "country")
EMAIL = of(rules_hosts.email, "email")
RATE = of(rules_hosts.rate, "vat_rate")


@pytest.mark.parametrize(
    ("read", "typed", "meant"),
    [
        (name, " Ann \t B ", "Ann B"),
        (name, "A", "A"),
        (name, "x" * 10, "x" * 10),
        (remark, "", None),
        (remark, "  ", None),
        (remark, " yes ", "yes"),
        (remark, "x" * 120, "x" * 120),
        (COUNTRY, " fi ", "FI"),
        (EMAIL, "", None),
        (EMAIL, "ann@example.org", "ann@example.org"),
        (pay_days, "", 30),
        (pay_days, " 0 ", 0),
        (pay_days, "120", 120),
        (begins, "", None),
        (begins, " 2026-11-01 ", date(2026, 11, 1)),
        (fee, " ", Decimal(0)),
        (fee, "12,50", Decimal("12.50")),
        (fee, ".5", Decimal("0.5")),
        (fee, "0.123456", Decimal("0.123456")),
        (fee, "1000000", Decimal(1_000_000)),
        (fee, "000000000000000.0001", Decimal("0.0001")),
        (RATE, "", None),
        (RATE, " ", None),
        (RATE, "0", Decimal(0)),
        (RATE, "25,5", Decimal("25.5")),
        (RATE, "100", Decimal(100)),
    ],
)
def test_what_is_typed_is_taken_as_it_is_meant(read: Reading, typed: str, meant: object) -> None:
    assert read({"x": typed}) == meant


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        (remark, None),
        (EMAIL, None),
        (pay_days, 30),
        (begins, None),
        (fee, Decimal(0)),
        (RATE, None),
    ],
)
def test_what_is_not_there_is_as_if_nothing_were_typed(read: Reading, meant: object) -> None:
    assert read({}) == meant


@pytest.mark.parametrize(
    ("read", "typed", "said"),
    [
        (name, "", "The name is not valid: write 1 to 10 printable characters"),
        (name, "x" * 11, "The name is not valid: write 1 to 10 printable characters"),
        (name, "a\u202eb", "The name is not valid: write 1 to 10 printable characters"),
        (remark, "x" * 121, "The remark is not valid: write 1 to 120 printable characters"),
        (COUNTRY, "FIN", "The country is not valid: write its two letters, such as FI"),
        (COUNTRY, "F1", "The country is not valid: write its two letters, such as FI"),
        (EMAIL, "ann", "The e-mail address is not valid: write it as ann@example.org"),
        (EMAIL, "a@b@c", "The e-mail address is not valid: write it as ann@example.org"),
        (EMAIL, "\u202e@b", "The e-mail address is not valid: write 1 to 120 printable characters"),
        (pay_days, "121", "The days is not valid: write a number of days from 0 to 120"),
        (pay_days, "-1", "The days is not valid: write a number of days from 0 to 120"),
        (pay_days, "\u0661", "The days is not valid: write a number of days from 0 to 120"),
        (begins, "1.11.2026", "The first day is not valid: write a day as 2026-11-01"),
        (fee, "-1", "The fee is not valid: write a number from 0 to 1000000, such as 12.50"),
        (fee, "1..2", "The fee is not valid: write a number from 0 to 1000000, such as 12.50"),
        (fee, "1e3", "The fee is not valid: write a number from 0 to 1000000, such as 12.50"),
        (fee, "\u0661", "The fee is not valid: write a number from 0 to 1000000, such as 12.50"),
        (fee, "0.1234567", "The fee is not valid: write a number from 0 to 1000000"),
        (fee, "0000000000000000.0001", "The fee is not valid: write a number from 0 to 1000000"),
        (fee, "1000000.01", "The fee is not valid: write a number from 0 to 1000000"),
        (RATE, "100.1", "The VAT is not valid: write a number from 0 to 100, such as 12.50"),
    ],
)
def test_a_slip_is_refused_and_says_what_to_write(read: Reading, typed: str, said: str) -> None:
    with pytest.raises(FieldNotValid) as refused:
        read({"x": typed})

    assert str(refused.value).startswith(said)


@pytest.mark.parametrize("read", [name, COUNTRY])
def test_what_must_be_there_is_asked_for(read: Reading) -> None:
    with pytest.raises(FieldNotValid):
        read({})


def test_terms_are_a_share_and_fees() -> None:
    given = {"percent": "33,3", "per_session": "0.50", "per_kwh": "0.02", "per_month": "99"}

    assert rules_hosts.terms(given) == Terms(
        percent=Decimal("33.3"),
        per_session=Decimal("0.50"),
        per_kwh=Decimal("0.02"),
        per_month=Decimal(99),
    )
    assert rules_hosts.terms({"percent": "100"}) == Terms(percent=Decimal(100))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"percent": "100.1"}, "The share is not valid: write a number from 0 to 100,"),
        ({"per_session": "x"}, "The fee for each session is not valid: write a number"),
        ({"per_kwh": "x"}, "The fee for each kWh is not valid: write a number"),
        ({"per_month": "x"}, "The fee for each month is not valid: write a number"),
        ({}, "What is agreed is not valid: give a share or a fee"),
        ({"ends": "no"}, "What is agreed is not valid: give a share or a fee"),
        (
            {"ends": "yes", "percent": "5"},
            "What is agreed is not valid: an agreement that ends gives nothing",
        ),
    ],
)
def test_terms_that_cannot_be_are_named(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(FieldNotValid) as refused:
        rules_hosts.terms(wrong)

    assert str(refused.value).startswith(said)


def test_an_agreement_ends_by_one_that_gives_nothing() -> None:
    assert rules_hosts.terms({"ends": "yes"}).are_nothing
