"""What can be done about parties, the people who work there, and their keys."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import OperatorId, PartyId, new_id
from voltway.kernel.money import Currency
from voltway.kernel.units import EnergyWh
from voltway.parties import passwords, rules, store
from voltway.parties.model import (
    Actor,
    ActorKind,
    ApiKey,
    Audited,
    Operator,
    Party,
    Permission,
    Role,
    SignedIn,
)
from voltway.parties.tries import Tries
from voltway.runtime.work import BeginWork, Work

_HOUSE_TRIES = Tries()


@dataclass(eq=False)
class PartyTaken(Refusal):
    """There is already a party {country_code}*{ident}."""

    country_code: str
    ident: str


@dataclass(eq=False)
class NoSuchParty(Refusal):
    """There is no party {party}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    party: PartyId


@dataclass(eq=False)
class EmailTaken(Refusal):
    """Somebody already signs in with this e-mail address."""


@dataclass(eq=False)
class WrongSignIn(Refusal):
    """E-mail and password do not belong together."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class NotFirstRun(Refusal):
    """This secret does not open the first sign-in; the newest one stands in the server's output."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class LastOwner(Refusal):
    """A party keeps at least one owner; make somebody else owner first."""


@dataclass(eq=False)
class NoSuchOperator(Refusal):
    """There is no operator {operator}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    operator: OperatorId


async def add_party(
    work: Work,
    *,
    name: str,
    country_code: str = "FI",
    ident: str = "VLT",
    legal_name: str | None = None,
    vat_id: str | None = None,
    address: Mapping[str, str] | None = None,
    currency: str = "EUR",
    time_zone: str = "Europe/Helsinki",
    locale: str = "en",
    hold_minor: int = 5000,
    no_charge_below_wh: int = 100,
) -> Party:
    """A new party, if its (country, ident) is free."""
    rules.check_party(
        country_code=country_code,
        ident=ident,
        name=name,
        currency=currency,
        time_zone=time_zone,
        hold_minor=hold_minor,
    )
    party = Party(
        id=PartyId(new_id(work.now)),
        country_code=country_code,
        ident=ident,
        name=name.strip(),
        legal_name=legal_name or name.strip(),
        vat_id=vat_id,
        address=dict(address or {}),
        currency=Currency(currency),
        time_zone=time_zone,
        locale=locale,
        hold_minor=hold_minor,
        no_charge_below_wh=EnergyWh(no_charge_below_wh),
        created_at=work.now,
    )
    if not await store.add_party(work, party):
        raise PartyTaken(country_code, ident)
    return party


async def change_party(
    work: Work,
    actor: Actor,
    *,
    name: str | None = None,
    legal_name: str | None = None,
    vat_id: str | None = None,
    address: Mapping[str, str] | None = None,
    time_zone: str | None = None,
    hold_minor: int | None = None,
) -> Party:
    """The actor's party with these details; what is ``None`` stays, an empty text takes away.

    Country, ident and currency stay for good: the books and the numbers of receipts are in them.
    Receipts that were issued stay as they are.
    """
    actor.must(Permission.MANAGE_PEOPLE)
    before = await party(work, actor.party)
    after = replace(
        before,
        name=before.name if name is None else name.strip(),
        legal_name=before.legal_name if legal_name is None else legal_name.strip(),
        vat_id=before.vat_id if vat_id is None else vat_id.strip() or None,
        address=before.address if address is None else {**before.address, **address},
        time_zone=before.time_zone if time_zone is None else time_zone,
        hold_minor=before.hold_minor if hold_minor is None else hold_minor,
    )
    after = replace(after, legal_name=after.legal_name or after.name)
    rules.check_party(
        country_code=after.country_code,
        ident=after.ident,
        name=after.name,
        currency=after.currency,
        time_zone=after.time_zone,
        hold_minor=after.hold_minor,
    )
    await store.save_party(work, after)
    await audit(work, actor, "changed the party", f"party:{after.id}")
    return after


async def party(work: Work, id: PartyId) -> Party:
    found = await store.parties(work, [id])
    if not found:
        raise NoSuchParty(id)
    return found[0]


async def parties(work: Work, ids: Iterable[PartyId] | None = None) -> list[Party]:
    """These parties, or all that this work may see; the oldest first."""
    return await store.parties(work, ids)


async def first_party(work: Work) -> Party | None:
    """The oldest party: the one a house with a single party is about."""
    found = await store.parties(work, None)
    return found[0] if found else None


async def make_first_run_secret(begin: BeginWork) -> str | None:
    """The secret that lets the first owner in, in clear only here; ``None`` once somebody works
    here. Each start without owner makes a new one, and only the newest holds."""
    async with begin() as work:
        if await store.operators(work):
            await store.forget_first_run(work)
            return None
        secret = secrets.token_urlsafe(18)
        await store.keep_first_run(work, rules.digest(secret))
        return secret


async def is_first_run(work: Work) -> bool:
    """Whether the first owner is still to come."""
    return await store.first_run_secret(work) is not None


async def use_first_run_secret(
    work: Work, secret: str, party: PartyId, *, email: str, name: str, password: str
) -> Operator:
    """The first owner, for the secret, which is used up by it."""
    kept = await store.first_run_secret(work)
    if kept is None or not rules.is_same(secret.strip(), kept):
        raise NotFirstRun
    owner = await add_operator(
        work, party, email=email, name=name, role=Role.OWNER, password=password
    )
    await store.forget_first_run(work)
    await audit(work, owner.actor, "became the first owner", f"operator:{owner.id}")
    return owner


async def add_operator(
    work: Work, party: PartyId, *, email: str, name: str, role: Role, password: str
) -> Operator:
    rules.check_password(password)
    rules.check_role(role)
    if not name.strip():
        raise rules.NotValid("name", "it is empty")
    operator = Operator(
        id=OperatorId(new_id(work.now)),
        party=party,
        email=rules.email_of(email),
        name=name.strip(),
        role=role,
    )
    password_hash = await passwords.hash_of(password)
    if not await store.add_operator(work, operator, password_hash, work.now):
        raise EmailTaken
    return operator


async def operators(work: Work, party: PartyId) -> list[Operator]:
    return await store.operators(work, party)


async def change_operator(
    work: Work,
    actor: Actor,
    id: OperatorId,
    *,
    role: Role | None = None,
    active: bool | None = None,
) -> Operator:
    """Another role, or in or out. Who is out is signed out at once."""
    actor.must(Permission.MANAGE_PEOPLE)
    if role is not None:
        rules.check_role(role)
    colleagues = await store.operators(work, actor.party)

    before = next((each for each in colleagues if each.id == id), None)
    if before is None:
        raise NoSuchOperator(id)
    after = replace(
        before,
        role=before.role if role is None else role,
        active=before.active if active is None else active,
    )
    staying = [after if each.id == id else each for each in colleagues]
    if not any(each.active and each.role is Role.OWNER for each in staying):
        raise LastOwner

    await store.save_operator(work, after)
    if not after.active:
        await store.forget_sign_ins_of(work, id)
    await audit(
        work,
        actor,
        "changed an operator",
        f"operator:{id}",
        {"role": after.role.value, "active": str(after.active).lower()},
    )
    return after


async def sign_in(
    work: Work, email: str, password: str, *, source: str = "", tries: Tries = _HOUSE_TRIES
) -> SignedIn:
    """A token for the right password. Wrong ones slow down their source, never the person."""
    tries.must_not_wait(email, source, work.now)
    known = await store.operator_by_email(work, email.strip().replace("\x00", ""))
    kept = known[1] if known is not None and known[0].active else None

    right = await passwords.is_right(password[: rules.PASSWORD_LENGTH_MAX + 1], kept)
    if known is None or not right:
        tries.was_wrong(email, source, work.now)
        raise WrongSignIn

    operator = known[0]
    tries.was_right(email, source)
    if passwords.is_outdated(known[1]):
        await store.save_password(work, operator.id, await passwords.hash_of(password))
    token = secrets.token_urlsafe(32)
    expires_at = work.now + rules.SIGNED_IN_FOR
    await store.keep_sign_in(work, operator, rules.digest(token), expires_at)
    await audit(work, operator.actor, "signed in", f"operator:{operator.id}")
    return SignedIn(token, operator.actor, expires_at)


async def sign_out(work: Work, token: str) -> None:
    await store.forget_sign_in(work, rules.digest(token))


async def who(work: Work, token: str) -> Actor | None:
    """Who signed in with this token, if it still holds. Being seen renews it."""
    token_hash = rules.digest(token)
    found = await store.signed_in(work, token_hash)
    if found is None:
        return None
    operator, seen_at, expires_at = found
    if not operator.active or rules.is_over(expires_at, work.now):
        return None
    if work.now - seen_at >= rules.SEEN_EVERY:
        await store.saw(work, token_hash, work.now + rules.SIGNED_IN_FOR)
    return operator.actor


async def change_password(work: Work, operator: OperatorId, password: str) -> None:
    """A new password; whoever else is signed in as this operator is signed out."""
    rules.check_password(password)
    await store.save_password(work, operator, await passwords.hash_of(password))
    await store.forget_sign_ins_of(work, operator)


async def add_api_key(
    work: Work, party: PartyId, *, name: str, role: Role, expires_at: datetime | None = None
) -> tuple[UUID, str]:
    """The key's id and its text, in clear only here."""
    if not name.strip():
        raise rules.NotValid("name", "it is empty")
    key = ApiKey(
        id=new_id(work.now),
        party=party,
        name=name.strip(),
        role=role,
        created_at=work.now,
        last_used_at=None,
        expires_at=expires_at,
        revoked_at=None,
    )
    secret = secrets.token_urlsafe(32)
    await store.add_key(work, key, rules.digest(secret))
    return key.id, f"vw_{key.id.hex}_{secret}"


async def who_by_key(work: Work, plaintext: str) -> Actor | None:
    """Whose key this is, if it holds."""
    id, secret = rules.parts_of_key(plaintext) or (None, "")
    found = None if id is None else await store.key(work, id)
    if found is None:
        return None
    key, kept = found
    if not rules.is_same(secret, kept):
        return None
    if key.revoked_at is not None or rules.is_over(key.expires_at, work.now):
        return None
    if key.last_used_at is None or work.now - key.last_used_at >= rules.SEEN_EVERY:
        await store.used_key(work, key.id)
    return Actor(key.party, ActorKind.API_KEY, key.id, key.name, key.role)


async def api_keys(work: Work, party: PartyId) -> list[ApiKey]:
    return await store.keys(work, party)


async def revoke_api_key(work: Work, actor: Actor, id: UUID) -> bool:
    """Whether there was such a key to revoke."""
    actor.must(Permission.MANAGE_PEOPLE)
    revoked = await store.revoke_key(work, actor.party, id)
    if revoked:
        await audit(work, actor, "revoked a key", f"api_key:{id}")
    return revoked


async def audit(
    work: Work, actor: Actor, did: str, on: str, detail: Mapping[str, str] | None = None
) -> None:
    """Write down who did what; never a secret in the detail."""
    await store.keep_audit(work, new_id(work.now), actor, did, on, detail or {})


async def audited(work: Work, party: PartyId, limit: int = 200) -> list[Audited]:
    """What was done lately, the newest first."""
    return list(await store.audited(work, party, limit))


async def forget_old_sign_ins(begin: BeginWork) -> None:
    """Sweep: tokens that hold no more are not kept."""
    async with begin() as work:
        await store.forget_old_sign_ins(work)
