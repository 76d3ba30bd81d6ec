"""What can be done about partners: add one, give it keys, and keep what it registers."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from voltway.billing import customers, fleets
from voltway.drivers import actions as drivers
from voltway.drivers import contracts
from voltway.drivers.model import Token, TokenKind
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import ContractId, TokenUid, new_id
from voltway.parties import actions as parties
from voltway.parties.model import ApiKey, Party, Role
from voltway.partners import credit, rules, store, store_events
from voltway.partners.model import Given, Partner, Whitelist
from voltway.runtime.work import Row, Work

#: Kinds of token that a partner can register.
REGISTERED = (TokenKind.RFID, TokenKind.APP, TokenKind.CONTRACT)


@dataclass(eq=False)
class PartnerTaken(Refusal):
    """There is already a partner called {name}, or one that is known as {ident}."""

    name: str
    ident: str


@dataclass(eq=False)
class NoSuchPartner(Refusal):
    """There is no partner {partner}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    partner: object


class KeyOfNoPartner(Refusal):
    """This key is of no partner. Keys of partners are made on the partner's own page."""

    kind = Kind.FORBIDDEN


@dataclass(eq=False)
class NoSuchPartnerContract(Refusal):
    """You have registered no contract with the uid {uid}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    uid: str


class NoSuchEvent(Refusal):
    """There is no such event that waits or was laid aside; what was heard is not told again."""

    kind = Kind.ABSENT


@dataclass(eq=False)
class ContractOfAnother(Refusal):
    """The uid {uid} is somebody else's here, or the same as one that is written differently."""

    uid: str


async def add_partner(
    work: Work,
    party: Party,
    given: Mapping[str, str],
    *,
    country_code: str,
    ident: str,
    url: str,
    credit_limit_minor: int | None = None,
) -> Partner:
    """A new partner of a party. ``given`` says who owes, as for a customer
    (``billing.customers.new_customer``): its statements go there. Its price is found by a fleet of
    its name. The secret is in what is given back and shown nowhere else."""
    country, own = rules.ident(country_code, ident)
    address = rules.address(url)
    customer = await customers.add_customer(
        work, customers.new_customer(work, party.id, {**given, "is_business": "yes"})
    )
    fleet = await contracts.add_fleet(work, party.id, customer.name)
    partner = Partner(
        id=new_id(work.now),
        party=party.id,
        name=customer.name,
        country_code=country,
        ident=own,
        currency=party.currency,
        credit_limit_minor=credit_limit_minor,
        customer=customer.id,
        fleet=fleet.id,
        url=address,
        secret=secrets.token_urlsafe(32),
        created_at=work.now,
    )
    if not await store.add(work, partner):
        raise PartnerTaken(partner.name, f"{country}*{own}")
    return partner


async def partner_of(work: Work, id: UUID) -> Partner:
    found = await store.one(work, id)
    if found is None:
        raise NoSuchPartner(id)
    return found


async def change_partner(
    work: Work, id: UUID, *, url: str, credit_limit_minor: int | None, new_secret: bool = False
) -> str | None:
    """Another address or credit limit (``None``: no limit); the new secret, if one was wished."""
    secret = secrets.token_urlsafe(32) if new_secret else None
    address = rules.address(url)
    if not await store.change(
        work, id, url=address, credit_limit_minor=credit_limit_minor, secret=secret
    ):
        raise NoSuchPartner(id)
    await credit.look(work, id)
    return secret


async def tell_again(work: Work, partner: UUID, event: UUID) -> None:
    """Tell a partner what waits or was laid aside, now. Raises ``NoSuchEvent``."""
    if not await store_events.again(work, partner, event):
        raise NoSuchEvent


async def add_key(work: Work, partner: UUID) -> tuple[UUID, str]:
    """A key for a partner's platform: its id and its text, in clear only here."""
    found = await partner_of(work, partner)
    key, text = await parties.add_api_key(work, found.party, name=found.name, role=Role.PARTNER)
    await store.keep_key(work, found, key)
    return key, text


async def keys_of(work: Work, partner: UUID) -> list[ApiKey]:
    """The keys of a partner's platform, the revoked ones too."""
    found = await partner_of(work, partner)
    own = await store.keys_of(work, partner)
    return [key for key in await parties.api_keys(work, found.party) if key.id in own]


async def partner_by_key(work: Work, key: UUID | None) -> Partner:
    """Whose platform calls with this key. Raises ``KeyOfNoPartner``."""
    found = await store.of_key(work, key) if key is not None else None
    if found is None:
        raise KeyOfNoPartner
    return found


async def put_contract(work: Work, partner: Partner, given: Given) -> Row:
    """Register a contract, or change what is registered of it; the same put again changes nothing.

    Its token stands for a contract of the partner's fleet and is on account of its customer, so
    that price and statement find it. A uid that is anybody else's here is refused.
    """
    token = await _token(work, partner, given.uid)
    if token is None:
        token = await drivers.add_token(
            work,
            partner.party,
            given.uid,
            kind=given.kind,
            label=given.visual_number or partner.name,
        )
    elif token.uid != given.uid.strip() or token.kind is not given.kind:
        raise ContractOfAnother(given.uid)
    agreed = await _agreed(work, partner, given.contract or given.uid)
    await fleets.stands_for(work, token.id, agreed)
    await drivers.renew(work, token.id, given.valid_until)
    if not given.valid:
        await drivers.expire(work, token.id)
    await store.keep_contract(
        work,
        partner,
        token.id,
        whitelist=given.whitelist,
        visual_number=given.visual_number,
        valid=given.valid,
    )
    await customers.give_cards(work, partner.customer, [token.uid])
    await credit.look(work, partner.id)
    row = await store.contract(work, partner.id, token.id)
    assert row is not None, "it was put just now"
    return row


async def remove_contract(work: Work, partner: Partner, uid: str) -> None:
    """It opens no station any more. What was charged with it is still the partner's to pay."""
    token = await _token(work, partner, uid)
    if token is None or not await store.remove_contract(work, token.id):
        raise NoSuchPartnerContract(uid[:36])
    await drivers.expire(work, token.id)


async def contract(work: Work, partner: Partner, uid: str) -> Row:
    """What is registered of this uid. Raises ``NoSuchPartnerContract``."""
    try:
        token = await _token(work, partner, uid)
    except ContractOfAnother:
        token = None
    row = await store.contract(work, partner.id, token.id) if token else None
    if row is None:
        raise NoSuchPartnerContract(uid[:36])
    return row


async def _token(work: Work, partner: Partner, uid: str) -> Token | None:
    """The token of this uid, if it is the partner's. Raises ``ContractOfAnother``."""
    asked = (partner.party, TokenUid(uid))
    found = (await drivers.tokens_of(work, [asked])).get(asked)
    if found is not None and await store.whose(work, found.id) != partner.id:
        raise ContractOfAnother(uid[:36])
    return found


async def _agreed(work: Work, partner: Partner, ident: str) -> ContractId:
    try:
        known = await contracts.contract_named(work, partner.party, ident)
    except contracts.NoSuchContract:
        made = await contracts.add_contract(work, partner.party, ident, fleet=partner.fleet)
        return made.id
    if known.fleet != partner.fleet:
        raise ContractOfAnother(ident[:36])
    return known.id


def with_changes(
    row: Row,
    *,
    whitelist: Whitelist | None = None,
    valid: bool | None = None,
    valid_until: datetime | None = None,
    visual_number: str | None = None,
) -> Given:
    """A contract as it is registered, with what a caller wants otherwise."""
    before = Given(
        uid=row["uid"],
        kind=TokenKind(row["kind"]),
        contract=row["contract"] or "",
        whitelist=Whitelist(row["whitelist"]),
        valid=row["valid"],
        valid_until=row["valid_until"],
        visual_number=row["visual_number"],
    )
    return replace(
        before,
        whitelist=whitelist or before.whitelist,
        valid=before.valid if valid is None else valid,
        valid_until=valid_until or before.valid_until,
        visual_number=visual_number or before.visual_number,
    )
