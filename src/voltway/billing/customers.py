"""Customers: who charges on account and gets a statement each month, and which cards are theirs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from voltway.billing import debt_bars, fleets, rules_hosts, store_fleets, store_statements
from voltway.billing.model_statements import Customer
from voltway.billing.rules_buyer import vat_id_of
from voltway.billing.store_statements import NoSuchCustomer
from voltway.billing.words import SPOKEN
from voltway.drivers import actions as drivers
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId, TokenId, new_id
from voltway.runtime.work import Work

CARDS_MAX = 10_000


@dataclass(eq=False)
class CustomerNameTaken(Refusal):
    """There is already a customer called {name}."""

    name: str


@dataclass(eq=False)
class NoSuchCard(Refusal):
    """No card of yours has the number {uid}. Nothing was changed."""

    kind: ClassVar[Kind] = Kind.INVALID

    uid: str


@dataclass(eq=False)
class CardOfItsFleet(Refusal):
    """This card is theirs because they pay for the fleet {fleet}. Say there who pays, or let the
    card stand for another contract. Nothing was changed."""

    fleet: str


def new_customer(work: Work, party: PartyId, given: Mapping[str, str]) -> Customer:
    """The customer that somebody typed. Raises a refusal that names the field that cannot be."""
    locale = given.get("locale", "").strip()
    country = rules_hosts.country(given)
    vat_id = given.get("vat_id", "").strip()
    return Customer(
        id=new_id(work.now),
        party=party,
        name=rules_hosts.text(given, "name", "The name"),
        street=rules_hosts.text(given, "street", "The street"),
        postal_code=rules_hosts.text(given, "postal_code", "The postal code", most=20),
        city=rules_hosts.text(given, "city", "The town"),
        country=country,
        vat_id=vat_id_of(vat_id, country) if vat_id else None,
        email=rules_hosts.email(given),
        reference=rules_hosts.optional(given, "reference", "The reference"),
        locale=locale if locale in SPOKEN else "en",
        is_business=given.get("is_business", "yes") == "yes",
        due_days=rules_hosts.days(given, "due_days", "Paid within", 14),
        created_at=work.now,
        wants_xrechnung=given.get("wants_xrechnung", "") == "yes",
    )


async def add_customer(work: Work, customer: Customer) -> Customer:
    if not await store_statements.add_customer(work, customer):
        raise CustomerNameTaken(customer.name)
    return customer


async def reach_customer(work: Work, id: UUID, given: Mapping[str, str]) -> None:
    """Where the documents of a customer go from now on, in which language, and with what beside
    the PDF."""
    locale = given.get("locale", "").strip()
    known = await store_statements.reach_customer(
        work,
        id,
        email=rules_hosts.email(given),
        locale=locale if locale in SPOKEN else "en",
        wants_xrechnung=given.get("wants_xrechnung", "") == "yes",
    )
    if not known:
        raise NoSuchCustomer(id)


async def give_cards(work: Work, customer: UUID, uids: Sequence[str]) -> int:
    """Let these cards be this customer's from now on; how many. One that is unknown changes
    nothing."""
    wanted = list(dict.fromkeys(uid.strip() for uid in uids if uid.strip()))[:CARDS_MAX]
    found = await store_statements.lock_customers(work, [customer])
    if customer not in found:
        raise NoSuchCustomer(customer)
    rows = await work.all(
        """
        SELECT id, lower(uid) AS uid FROM token_view
         WHERE party_id = $1 AND kind <> 'ad_hoc' AND lower(uid) = ANY($2::text[])
        """,
        found[customer].party,
        [uid.lower() for uid in wanted],
    )
    known = {row["uid"]: row["id"] for row in rows}
    for uid in wanted:
        if uid.lower() not in known:
            raise NoSuchCard(uid[:36])
    await _give(work, found[customer], [TokenId(id) for id in known.values()])
    return len(known)


async def _give(work: Work, customer: Customer, tokens: Sequence[TokenId]) -> None:
    await store_fleets.lock(work, customer.party)
    await store_statements.give_tokens(work, customer, tokens, work.now)
    await fleets.follow(work, customer.party, tokens)
    await drivers.put_on_account(work, tokens)
    await debt_bars.judge(work, tokens)


async def give_fleet(work: Work, customer: UUID, fleet: UUID) -> int:
    """Let all cards that stand for contracts of a fleet now be this customer's, each by itself; how
    many. A card that the fleet gets later is not: for that, let them pay for the fleet
    (``fleets.pays``)."""
    found = await store_statements.lock_customers(work, [customer])
    if customer not in found:
        raise NoSuchCustomer(customer)
    rows = await work.all(
        """
        SELECT t.id FROM token_view t JOIN contract_view c ON c.id = t.contract_id
         WHERE t.party_id = $1 AND c.fleet_id = $2
        """,
        found[customer].party,
        fleet,
    )
    await _give(work, found[customer], [TokenId(row["id"]) for row in rows])
    return len(rows)


async def take_card(work: Work, customer: UUID, token: UUID) -> None:
    """Let a card be this customer's no more; who pays for its fleet has it then. What is on
    statements stays there. Raises ``CardOfItsFleet``."""
    card = TokenId(token)
    await store_fleets.lock_of_token(work, card)
    for fleet, whose in (await store_fleets.held(work, [card])).values():
        if whose == customer:
            raise CardOfItsFleet(await _name_of(work, fleet))
    if await store_statements.take_token(work, customer, token):
        await drivers.put_on_account(work, [card], on_account=False)
        await debt_bars.judge(work, [card])
        owner = (await store_statements.lock_customers(work, [customer]))[customer]
        await fleets.follow(work, owner.party, [card])


async def _name_of(work: Work, fleet: UUID) -> str:
    row = await work.one("SELECT name FROM fleet_view WHERE id = $1", fleet)
    return row["name"] if row else str(fleet)
