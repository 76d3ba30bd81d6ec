"""Codes that change: the algorithm of OCPP 2.1, C25, and what a scanned one lets begin."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.payments.rules_codes import (
    ALPHABETS,
    GRANT_S,
    LENGTH,
    VALID_S,
    grant,
    holds,
    is_valid,
    totp,
)

SECRET = "secure!Charging!"
AT = 1_772_452_800  # the beginning of an interval
EVSE = "019cae6b-6600-72a7-8573-6268f9386c8e"


def shown(at: float, alphabet: str = ALPHABETS[0], secret: str = SECRET) -> str:
    """What a station's display says at a moment."""
    return totp(secret, at, valid_s=VALID_S, length=LENGTH, alphabet=alphabet)


def test_a_code_is_what_the_steps_of_the_specification_make() -> None:
    """Worked out apart, byte for byte, from the pseudocode: HMAC-SHA256 of the interval as eight
    bytes, mapped from an offset that its last byte gives."""
    made = hmac.new(b"secure!Charging!", (AT // 60).to_bytes(8, "big"), hashlib.sha256).digest()
    twice = made + made
    start = made[31] % 16
    expected = "".join(ALPHABETS[0][byte % 62] for byte in twice[start : start + 12])

    assert shown(AT) == expected


@pytest.mark.parametrize("alphabet", ALPHABETS)
@pytest.mark.parametrize(
    ("scanned", "good"),
    [(AT, True), (AT - 60, True), (AT + 60, True), (AT - 61, False), (AT + 120, False)],
)
def test_the_code_before_and_the_next_are_good_too(scanned: int, good: bool, alphabet: str) -> None:
    assert is_valid(shown(scanned, alphabet), SECRET, AT, VALID_S) is good


@given(st.text(max_size=20))
def test_what_somebody_makes_up_is_no_code(text: str) -> None:
    assert not is_valid(text, SECRET, AT, VALID_S)
    assert not holds(text, SECRET, EVSE, AT)


def test_a_code_of_another_secret_is_none() -> None:
    assert not is_valid(shown(AT, secret="another secret!!"), SECRET, AT, VALID_S)


def test_a_grant_is_good_at_its_bay_for_a_quarter_of_an_hour() -> None:
    given = grant(SECRET, EVSE, AT)

    assert holds(given, SECRET, EVSE, AT + GRANT_S)
    assert not holds(given, SECRET, EVSE, AT + GRANT_S + 1)
    assert not holds(given, SECRET, EVSE.replace("0", "1"), AT)
    assert not holds(given.replace(str(AT + GRANT_S), str(AT + 10**6)), SECRET, EVSE, AT)
