"""What is left of a balance is given up by where it came from, the newest first."""

from collections.abc import Sequence

import pytest

from tests.payments.scene import Scene
from tests.payments.test_vouchers import a_driver
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import EUR, Money
from voltway.ledger.model import Account
from voltway.payments import giving_up, prepaid
from voltway.payments.giving_up import split
from voltway.payments.prepaid import CORRECTIONS
from voltway.payments.vouchers import GIVEN, LAPSED


@pytest.mark.parametrize(
    ("minor", "came", "parts"),
    [
        (1500, [(GIVEN, 1000), (LAPSED, 1000)], [(GIVEN, 1000), (LAPSED, 500)]),
        (500, [(GIVEN, 1000), (LAPSED, 1000)], [(GIVEN, 500)]),
        (300, [(GIVEN, 100), (LAPSED, 100), (GIVEN, 300)], [(GIVEN, 200), (LAPSED, 100)]),
        (300, [(CORRECTIONS, 100)], [(CORRECTIONS, 100), (LAPSED, 200)]),
        (300, [], [(LAPSED, 300)]),
    ],
)
def test_what_came_last_is_what_is_left(
    minor: int, came: Sequence[tuple[Account, int]], parts: Sequence[tuple[Account, int]]
) -> None:
    assert split(minor, came) == parts
    assert sum(part for _, part in parts) == minor


async def test_what_is_reserved_or_changed_meanwhile_is_not_given_up(scene: Scene) -> None:
    ann, party = await a_driver(scene), scene.station.party.id
    async with scene.begin() as work:
        await prepaid.correct(
            work, party, ann, Money(500, EUR), reason="x", by="Aino", once=OnceKey("1")
        )
        with pytest.raises(giving_up.NotThisMuch):
            await giving_up.give_up(work, party, ann, 499)
        await prepaid.reserve(work, await prepaid.lock(work, party, ann), 100)
        assert await giving_up.can_give_up(work, party, ann) is None
        with pytest.raises(giving_up.NotThisMuch):
            await giving_up.give_up(work, party, ann, 500)
        await prepaid.reserve(work, await prepaid.lock(work, party, ann), -100)
        await giving_up.give_up(work, party, ann, 500)
        with pytest.raises(giving_up.NotThisMuch):
            await giving_up.give_up(work, party, ann, 500)
        [row] = await work.all("SELECT * FROM account_view WHERE account = $1", CORRECTIONS)
    assert row["balance_minor"] == 0
