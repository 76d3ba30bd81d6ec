"""Which tokens are the same, and which may charge."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from voltway.drivers import rules
from voltway.drivers.model import Token, TokenKind, TokenStatus
from voltway.kernel.ids import PartyId, TokenId, TokenUid

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "same"),
    [
        pytest.param("04a1b2c3", "04A1B2C3", id="in either case"),
        pytest.param(" F6 CA 0C C5", "F6CA0CC5", id="blanks between the bytes (A-004)"),
        pytest.param("F6:CA:0C:C5", "F6CA0CC5", id="colons between the bytes"),
        pytest.param("336699\\\\", "336699", id="backslashes (A-003)"),
        pytest.param("BA86I250X5G6MOD5DLKD\x10\x0e", "BA86I250X5G6MOD5DLKD", id="rubbish (A-001)"),
        pytest.param("DE-ABC-C12345678-X", "DEABCC12345678X", id="an eMAID with its dashes"),
        pytest.param("\x00", "", id="nothing that can be told apart"),
    ],
)
def test_what_is_the_same_token_however_it_is_written(written: str, same: str) -> None:
    assert rules.sameness(written) == same


@pytest.mark.parametrize("uid", ["", "   ", "---", "a\x00b", "x" * 256, "line\nbreak"])
def test_what_no_station_can_show_is_no_token(uid: str) -> None:
    with pytest.raises(rules.NotAToken):
        rules.checked(uid)


@pytest.mark.parametrize(
    ("status", "hours", "word"),
    [
        (TokenStatus.ACTIVE, None, "accepted"),
        (TokenStatus.ACTIVE, 1, "accepted"),
        (TokenStatus.ACTIVE, 0, "expired"),
        (TokenStatus.EXPIRED, None, "expired"),
        (TokenStatus.BLOCKED, None, "blocked"),
        (TokenStatus.BLOCKED, -1, "blocked"),
    ],
)
def test_a_token_stands(status: TokenStatus, hours: int | None, word: str) -> None:
    token = Token(
        id=TokenId(UUID(int=1)),
        party=PartyId(UUID(int=2)),
        uid=TokenUid("04A1"),
        kind=TokenKind.RFID,
        label="",
        status=status,
        created_at=NOON,
        valid_until=None if hours is None else NOON + timedelta(hours=hours),
    )

    assert rules.standing(token, NOON) == word


def test_a_token_nobody_knows_is_unknown() -> None:
    assert rules.standing(None, NOON) == "unknown"
