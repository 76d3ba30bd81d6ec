"""Who may linger before the handshake is done, and how much unfinished messages hold."""

import asyncio

import pytest

from voltway.ocpp.porch import TURNS_MAX, YOUNG_S, Holdings, Porch, Turns, network_of


class Comer:
    """Someone who can be let go."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_gone = False
        self.turns = 0

    def let_go(self) -> None:
        self.is_gone = True

    def go_on(self) -> None:
        self.turns += 1


class Hands:
    """A clock in the test's hand."""

    def __init__(self) -> None:
        self.at_s = 0.0

    def now_s(self) -> float:
        return self.at_s


def enter(porch: Porch[Comer], source: str, count: int = 1) -> list[Comer]:
    comers = [Comer(f"{source} {number}") for number in range(count)]
    for comer in comers:
        porch.enter(comer, source)
    return comers


def test_the_oldest_lingerer_of_a_source_makes_room_for_its_next() -> None:
    hands = Hands()
    porch: Porch[Comer] = Porch(hands.now_s, in_all=4)
    lingering = enter(porch, "10.0.0.1", 3)
    elsewhere = enter(porch, "10.0.0.2")
    hands.at_s = YOUNG_S

    enter(porch, "10.0.0.1")

    assert [each.is_gone for each in lingering] == [True, False, False]
    assert not elsewhere[0].is_gone
    assert len(porch) == 4


def test_stations_that_come_back_at_once_behind_one_address_are_no_lingerers() -> None:
    porch: Porch[Comer] = Porch(Hands().now_s, in_all=100)

    assert not any(each.is_gone for each in enter(porch, "10.0.0.1", 50))


def test_a_full_porch_waits_while_all_are_young_and_then_the_greediest_source_pays() -> None:
    hands = Hands()
    porch: Porch[Comer] = Porch(hands.now_s, in_all=4)
    station = enter(porch, "10.0.0.9")
    attackers = enter(porch, "10.0.0.1", 3)
    assert porch.is_crowded

    hands.at_s = YOUNG_S
    assert not porch.is_crowded
    enter(porch, "10.0.0.8")

    assert not station[0].is_gone, "it came first, but its source holds one place alone"
    assert [each.is_gone for each in attackers] == [True, False, False]
    assert len(porch) == 4


def test_who_left_frees_the_place_and_leaving_twice_is_once() -> None:
    porch: Porch[Comer] = Porch(Hands().now_s, in_all=2)
    first, second = enter(porch, "10.0.0.1", 2)
    porch.leave(first)
    porch.leave(first)
    enter(porch, "10.0.0.1")

    assert not second.is_gone
    assert len(porch) == 2


def test_who_holds_most_for_longest_makes_room() -> None:
    hands = Hands()
    holdings: Holdings[Comer] = Holdings(hands.now_s, bytes_max=100)
    slow, small, honest = Comer("slow"), Comer("small"), Comer("honest")
    holdings.take(small, 1)
    holdings.take(slow, 40)
    hands.at_s = 10.0
    holdings.take(honest, 59)
    assert not slow.is_gone

    holdings.take(honest, 1)

    assert [each.is_gone for each in (slow, small, honest)] == [True, False, False]
    assert (holdings.used, holdings.held_by(honest), holdings.held_by(slow)) == (61, 60, 0)
    for line in (honest, honest, small):
        holdings.give(line)
    assert holdings.used == 0


async def test_lines_with_much_to_say_take_turns() -> None:
    loop = asyncio.get_running_loop()
    turns: Turns[Comer] = Turns(loop)
    comers = [Comer(str(number)) for number in range(TURNS_MAX + 1)]
    over = loop.create_future()
    for comer in comers:
        turns.wait(comer)
    assert sum(each.turns for each in comers) == 0

    loop.call_soon(lambda: loop.call_soon(over.set_result, sum(each.turns for each in comers)))
    assert await over == TURNS_MAX, "no more in one round"
    assert [each.turns for each in comers] == [1] * (TURNS_MAX + 1)


@pytest.mark.parametrize(
    ("source", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("a:b", "a:b"),
    ],
)
def test_a_source_is_an_address_or_what_one_customer_is_given_of_ipv6(
    source: str, network: str
) -> None:
    assert network_of(source) == network
