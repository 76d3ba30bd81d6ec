"""What a role may do, how a secret is kept, and who must wait."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from voltway.kernel.ids import PartyId
from voltway.parties import passwords, rules
from voltway.parties.model import Actor, ActorKind, NotAllowed, Permission, Role
from voltway.parties.tries import FREE_TRIES, TooManyTries, Tries

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

#: One line a permission: who may. The law is written twice, so that a slip shows.
LAW = """
    see_all         owner operator support viewer
    order_station   owner operator support
    raw_call        owner operator
    edit_network    owner operator
    edit_tariffs    owner operator
    see_money       owner operator support
    move_money      owner support
    close_books     owner
    manage_people   owner
    act_as_partner  partner
"""


def actor(role: Role) -> Actor:
    return Actor(PartyId(UUID(int=1)), ActorKind.OPERATOR, None, "Ann", role)


@pytest.mark.parametrize("line", LAW.strip().splitlines(), ids=lambda line: line.split()[0])
def test_a_role_may_what_the_law_says_and_no_more(line: str) -> None:
    permission, *roles = line.split()

    may = {role.value for role in Role if actor(role).may(Permission(permission))}

    assert may == set(roles)


def test_the_law_names_every_permission() -> None:
    assert {line.split()[0] for line in LAW.strip().splitlines()} == set(Permission)


def test_a_refusal_says_who_may_instead() -> None:
    with pytest.raises(NotAllowed) as refused:
        actor(Role.VIEWER).must(Permission.MOVE_MONEY)

    assert str(refused.value) == "The role viewer may not move money; owner and support may."


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("country_code", "fi"),
        ("country_code", "FIN"),
        ("ident", "V"),
        ("ident", "vlt"),
        ("name", "   "),
        ("currency", "euro"),
        ("time_zone", "Europe/Nowhere"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", ""),
        ("hold_minor", 0),
    ],
)
def test_what_no_party_can_be_is_refused_by_its_field(field: str, value: object) -> None:
    sound: dict[str, object] = {
        "country_code": "FI",
        "ident": "VLT",
        "name": "Voltway",
        "currency": "EUR",
        "time_zone": "Europe/Helsinki",
        "hold_minor": 5000,
    }
    rules.check_party(**sound)  # type: ignore[arg-type]

    with pytest.raises(rules.NotValid) as refused:
        rules.check_party(**(sound | {field: value}))  # type: ignore[arg-type]

    assert refused.value.field == field


def test_a_key_is_read_back_and_nothing_else_is() -> None:
    id = UUID(int=7)
    secret = "A" * 43

    assert rules.parts_of_key(f"vw_{id.hex}_{secret}") == (id, secret)
    for wrong in ("", "vw_", f"vw_{id.hex}_", f"VW_{id.hex}_{secret}", f"vw_{id}_{secret}"):
        assert rules.parts_of_key(wrong) is None


def test_a_few_wrong_tries_are_free_and_then_each_doubles_the_wait() -> None:
    tries = Tries()
    waits = []
    for _ in range(FREE_TRIES + 3):
        tries.was_wrong("ann@example.org", "192.0.2.1", NOON)
        try:
            tries.must_not_wait("ann@example.org", "192.0.2.1", NOON)
        except TooManyTries as refused:
            waits.append(refused.retry_after_s)
        else:
            waits.append(0)

    assert waits == [0, 0, 0, 0, 1, 2, 4, 8]


def test_who_guesses_from_elsewhere_does_not_lock_the_real_person_out() -> None:
    tries = Tries()
    for _ in range(40):
        tries.was_wrong("ann@example.org", "203.0.113.9", NOON)

    with pytest.raises(TooManyTries):
        tries.must_not_wait("Ann@example.org ", "203.0.113.9", NOON)
    tries.must_not_wait("ann@example.org", "192.0.2.1", NOON)


def test_who_tries_many_addresses_from_one_place_waits_too() -> None:
    tries = Tries()
    for number in range(60):
        tries.was_wrong(f"p{number}@example.org", "203.0.113.9", NOON)

    with pytest.raises(TooManyTries):
        tries.must_not_wait("new@example.org", "203.0.113.9", NOON)
    tries.must_not_wait("new@example.org", "203.0.113.9", NOON + timedelta(minutes=6))


def test_a_house_hashes_passwords_as_strongly_as_is_recommended() -> None:
    """RFC 9106, section 4, second recommended option. (Tests hash them weakly, for speed.)"""
    strong = passwords.STRONG

    assert (strong.memory_cost, strong.time_cost, strong.parallelism) == (64 * 1024, 3, 4)
    assert not strong.check_needs_rehash(passwords.NOBODYS)
