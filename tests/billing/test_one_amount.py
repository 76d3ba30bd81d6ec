"""The price shown is the price billed: every use of a price comes to one amount."""

from tests.billing.one_amount import a_case, walk

#: A sample; ``python -m tests.billing.one_amount --count 10000`` is the long walk.
SAMPLE = 300


def test_every_use_of_a_price_comes_to_one_amount_for_random_tariffs_and_sessions() -> None:
    found = walk(SAMPLE)

    assert found.different == []
    assert found.costly > SAMPLE / 2, "there was something to differ in"
    assert found.follows > SAMPLE / 5, "and markets to know late"
    assert len(found.uses) == 14
    assert min(found.uses.values()) > SAMPLE / 4


def test_a_case_is_drawn_again_by_its_seed() -> None:
    assert a_case(7) == a_case(7)
    assert a_case(7) != a_case(8)
