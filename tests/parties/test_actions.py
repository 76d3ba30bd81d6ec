"""Parties, their people, sign-ins, keys and the audit, on a real PostgreSQL."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from tests.network import a_party
from voltway.parties import actions, rules
from voltway.parties.model import ActorKind, NotAllowed, Operator, Party, Permission, Role, house
from voltway.parties.tries import TooManyTries, Tries
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork

PASSWORD = "a long enough password"


async def ann(begin: BeginWork, party: Party, role: Role = Role.OWNER) -> Operator:
    async with begin() as work:
        return await actions.add_operator(
            work, party.id, email=f"{role}@example.org", name="Ann", role=role, password=PASSWORD
        )


async def party_of(begin: BeginWork) -> Party:
    async with begin() as work:
        return await a_party(work)


async def test_a_party_is_kept_as_it_was_given(begin: BeginWork) -> None:
    async with begin() as work:
        kept = await actions.add_party(
            work, name="Voltway Oy", vat_id="FI12345678", address={"city": "Helsinki"}
        )

    async with begin() as work:
        assert await actions.party(work, kept.id) == kept
        assert await actions.first_party(work) == kept
    assert (kept.country_code, kept.ident, kept.legal_name) == ("FI", "VLT", "Voltway Oy")


async def test_two_parties_do_not_share_a_name_in_roaming(begin: BeginWork) -> None:
    async with begin() as work:
        await actions.add_party(work, name="One", ident="ABC")

    with pytest.raises(actions.PartyTaken):
        async with begin() as work:
            await actions.add_party(work, name="Two", ident="ABC")


async def test_the_owner_changes_what_receipts_say_and_the_rest_stays(begin: BeginWork) -> None:
    async with begin() as work:
        before = await actions.add_party(work, name="Volt", address={"city": "Helsinki"})
    async with begin(before.id) as work:
        await actions.change_party(
            work,
            house(before.id),
            legal_name="Volt Oy",
            vat_id="FI12345678",
            address={"street": "Kaivokatu 1"},
        )

    async with begin() as work:
        after = await actions.party(work, before.id)
        did = [each.did for each in await actions.audited(work, before.id)]
    assert (after.name, after.legal_name, after.vat_id) == ("Volt", "Volt Oy", "FI12345678")
    assert after.address == {"city": "Helsinki", "street": "Kaivokatu 1"}
    assert (after.currency, after.hold_minor) == (before.currency, before.hold_minor)
    assert did == ["changed the party"]


@pytest.mark.parametrize(
    "wrong", [{"name": " "}, {"time_zone": "Mars/Base"}, {"hold_minor": 0}], ids=str
)
async def test_a_party_is_not_changed_into_what_no_party_can_be(
    begin: BeginWork, wrong: dict[str, Any]
) -> None:
    party = await party_of(begin)

    with pytest.raises(rules.NotValid):
        async with begin(party.id) as work:
            await actions.change_party(work, house(party.id), **wrong)


async def test_only_an_owner_changes_the_party(begin: BeginWork) -> None:
    operator = await ann(begin, await party_of(begin), Role.OPERATOR)

    with pytest.raises(NotAllowed):
        async with begin(operator.party) as work:
            await actions.change_party(work, operator.actor, name="Mine")


async def test_the_first_owner_comes_in_by_the_newest_secret_once(begin: BeginWork) -> None:
    party = await party_of(begin)
    older = await actions.make_first_run_secret(begin)
    newer = await actions.make_first_run_secret(begin)
    assert older is not None
    assert newer is not None

    with pytest.raises(actions.NotFirstRun):
        async with begin() as work:
            await actions.use_first_run_secret(
                work, older, party.id, email="a@example.org", name="Ann", password=PASSWORD
            )
    async with begin() as work:
        assert await actions.is_first_run(work)
        owner = await actions.use_first_run_secret(
            work, newer, party.id, email="a@example.org", name="Ann", password=PASSWORD
        )
    with pytest.raises(actions.NotFirstRun):
        async with begin() as work:
            await actions.use_first_run_secret(
                work, newer, party.id, email="b@example.org", name="Bob", password=PASSWORD
            )

    assert owner.role is Role.OWNER
    assert await actions.make_first_run_secret(begin) is None


async def test_the_right_password_signs_in_and_signing_out_ends_it(begin: BeginWork) -> None:
    operator = await ann(begin, await party_of(begin), Role.SUPPORT)

    async with begin() as work:
        signed_in = await actions.sign_in(work, " Support@example.org", PASSWORD, tries=Tries())
    async with begin() as work:
        assert await actions.who(work, signed_in.token) == operator.actor
        assert await actions.who(work, signed_in.token[:-1]) is None
        await actions.sign_out(work, signed_in.token)
        assert await actions.who(work, signed_in.token) is None


async def test_a_sign_in_ends_by_itself_unless_it_is_used(
    begin: BeginWork, clock: JumpingClock
) -> None:
    await ann(begin, await party_of(begin))
    async with begin() as work:
        used = await actions.sign_in(work, "owner@example.org", PASSWORD, tries=Tries())
        left = await actions.sign_in(work, "owner@example.org", PASSWORD, tries=Tries())

    clock.jump(timedelta(hours=11))
    async with begin() as work:
        assert await actions.who(work, used.token)
    clock.jump(timedelta(hours=2))

    async with begin() as work:
        assert await actions.who(work, used.token)
        assert await actions.who(work, left.token) is None


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("owner@example.org", "a wrong password"),
        ("nobody@example.org", PASSWORD),
        ("owner@example.org\x00", PASSWORD + "x"),
        ("' OR true --", "' OR true --"),
    ],
)
async def test_wrong_sign_ins_are_refused_in_the_same_words(
    begin: BeginWork, email: str, password: str
) -> None:
    await ann(begin, await party_of(begin))

    with pytest.raises(actions.WrongSignIn) as refused:
        async with begin() as work:
            await actions.sign_in(work, email, password, tries=Tries())

    assert str(refused.value) == "E-mail and password do not belong together."


async def test_guessing_is_slowed_down_also_for_the_right_guess(begin: BeginWork) -> None:
    await ann(begin, await party_of(begin))
    tries = Tries()
    for _ in range(6):
        with pytest.raises((actions.WrongSignIn, TooManyTries)):
            async with begin() as work:
                await actions.sign_in(work, "owner@example.org", "x" * 12, source="a", tries=tries)

    with pytest.raises(TooManyTries):
        async with begin() as work:
            await actions.sign_in(work, "owner@example.org", PASSWORD, source="a", tries=tries)
    async with begin() as work:
        signed_in = await actions.sign_in(
            work, "owner@example.org", PASSWORD, source="elsewhere", tries=tries
        )
    assert signed_in.actor.role is Role.OWNER


async def test_secrets_are_kept_only_as_hashes(begin: BeginWork) -> None:
    party = await party_of(begin)
    await ann(begin, party)
    async with begin() as work:
        signed_in = await actions.sign_in(work, "owner@example.org", PASSWORD, tries=Tries())
        _, key = await actions.add_api_key(work, party.id, name="Reports", role=Role.VIEWER)

    async with begin() as work:
        dump = ""
        for table in ("operator", "sign_in", "api_key", "audit_entry"):
            dump += str([dict(row) for row in await work.all(f"SELECT * FROM {table}")])
    assert "$argon2id$" in dump
    assert PASSWORD not in dump
    assert signed_in.token not in dump
    assert key.split("_", 2)[2] not in dump


async def test_a_key_acts_for_its_party_in_its_role_until_it_is_revoked(begin: BeginWork) -> None:
    party = await party_of(begin)
    async with begin() as work:
        id, key = await actions.add_api_key(work, party.id, name="Reports", role=Role.VIEWER)

    async with begin() as work:
        actor = await actions.who_by_key(work, key)
        assert actor is not None
        assert (actor.party, actor.kind, actor.role) == (party.id, ActorKind.API_KEY, Role.VIEWER)
        assert await actions.who_by_key(work, key[:-1] + ("a" if key[-1] != "a" else "b")) is None
        with pytest.raises(NotAllowed):
            await actions.revoke_api_key(work, actor, id)
        assert await actions.revoke_api_key(work, house(party.id), id)
        assert await actions.who_by_key(work, key) is None


async def test_a_key_ends_when_it_was_said_to_end(begin: BeginWork, clock: JumpingClock) -> None:
    party = await party_of(begin)
    async with begin() as work:
        _, key = await actions.add_api_key(
            work,
            party.id,
            name="A day",
            role=Role.VIEWER,
            expires_at=clock.now() + timedelta(days=1),
        )
    clock.jump(timedelta(days=1))

    async with begin() as work:
        assert await actions.who_by_key(work, key) is None


async def test_who_is_put_out_is_signed_out_at_once(begin: BeginWork) -> None:
    party = await party_of(begin)
    owner = await ann(begin, party)
    viewer = await ann(begin, party, Role.VIEWER)
    async with begin() as work:
        signed_in = await actions.sign_in(work, "viewer@example.org", PASSWORD, tries=Tries())

    async with begin() as work:
        await actions.change_operator(work, owner.actor, viewer.id, active=False)

    async with begin() as work:
        assert await actions.who(work, signed_in.token) is None
    with pytest.raises(actions.WrongSignIn):
        async with begin() as work:
            await actions.sign_in(work, "viewer@example.org", PASSWORD, tries=Tries())


async def test_a_party_keeps_at_least_one_owner(begin: BeginWork) -> None:
    party = await party_of(begin)
    owner = await ann(begin, party)

    for change in ({"role": Role.VIEWER}, {"active": False}):
        with pytest.raises(actions.LastOwner):
            async with begin() as work:
                await actions.change_operator(work, owner.actor, owner.id, **change)


async def test_a_short_password_is_refused(begin: BeginWork) -> None:
    party = await party_of(begin)

    with pytest.raises(rules.NotValid, match="at least 12"):
        async with begin() as work:
            await actions.add_operator(
                work, party.id, email="a@b.c", name="A", role=Role.OWNER, password="short"
            )


async def test_what_was_done_is_written_and_stays(begin: BeginWork) -> None:
    party = await party_of(begin)
    async with begin() as work:
        await actions.audit(work, house(party.id), "rotated a key", "station:1", {"why": "lost"})

    async with begin() as work:
        [line] = await actions.audited(work, party.id)
        assert (line.who, line.did, line.on) == ("Voltway", "rotated a key", "station:1")
        assert line.detail == {"why": "lost"}
    for change in ("UPDATE audit_entry SET did = 'nothing'", "DELETE FROM audit_entry"):
        with pytest.raises(asyncpg.RaiseError):
            async with begin() as work:
                await work.run(change)


async def test_an_owner_may_everything_that_can_be_permitted_to_a_person(begin: BeginWork) -> None:
    owner = await ann(begin, await party_of(begin))

    for permission in set(Permission) - {Permission.ACT_AS_PARTNER}:
        owner.actor.must(permission)


async def test_no_person_has_the_role_of_a_partners_key(begin: BeginWork) -> None:
    party = await party_of(begin)
    owner = await ann(begin, party)

    with pytest.raises(rules.NotValid):
        async with begin() as work:
            await actions.change_operator(work, owner.actor, owner.id, role=Role.PARTNER)
    with pytest.raises(rules.NotValid):
        async with begin() as work:
            await actions.add_operator(
                work,
                party.id,
                email="bo@example.org",
                name="Bo",
                role=Role.PARTNER,
                password="a long enough password",
            )
