"""Hosts: add them, agree with them, and give them their share of each session as it is settled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from voltway.billing import documents, rules_hosts, rules_shares, store_documents, store_hosts
from voltway.billing.documents import CdrDocument
from voltway.billing.model import Cdr, CdrIssued
from voltway.billing.model_hosts import Agreement, Host, Part, Share, ShareKind, Terms
from voltway.billing.rules_buyer import vat_id_of
from voltway.billing.words import SPOKEN
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.facts import Fact
from voltway.kernel.ids import LocationId, OnceKey, PartyId, SessionId, new_id
from voltway.kernel.money import Money, minor_digits
from voltway.ledger import actions as ledger
from voltway.ledger.model import Account, Entry, Posting, account
from voltway.parties import actions as parties
from voltway.runtime.work import Work
from voltway.stations import actions as stations

COST = account("cost", "hosts")


@dataclass(eq=False)
class HostNameTaken(Refusal):
    """There is already a host called {name}."""

    name: str


@dataclass(eq=False)
class NotAnAgreement(Refusal):
    """This cannot be agreed: {why}"""

    kind: ClassVar[Kind] = Kind.INVALID

    why: str


@dataclass(eq=False)
class MoreThanAll(Refusal):
    """
    With this, {percent} % of the revenue of the place would be given away on some days. All that is
    given to hosts together is 100 % at most.
    """

    percent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAgreement:
    """What somebody wants to agree."""

    location: LocationId
    valid_from: date
    valid_until: date | None = None
    terms: Terms
    vat_rate: Decimal | None = None


def payable_to(host: UUID) -> Account:
    """What we owe a host."""
    return account("host", str(host), "payable")


async def add_host(work: Work, host: Host) -> Host:
    if not await store_hosts.add_host(work, host):
        raise HostNameTaken(host.name)
    return host


async def reach_host(work: Work, id: UUID, given: Mapping[str, str]) -> None:
    """Where the settlements of a host go from now on, and in which language."""
    locale = given.get("locale", "").strip()
    email = rules_hosts.email(given)
    await store_hosts.reach_host(work, id, email=email, locale=locale if locale in SPOKEN else "en")


async def agree(work: Work, host: UUID, new: NewAgreement, *, by: str) -> Agreement:
    """Add a version of what was agreed with a host for a place. Earlier ones stay as they are; on
    each day the newest that holds on it counts."""
    found = await store_hosts.lock_host(work, host)
    place = await stations.location(work, new.location)
    party = await parties.party(work, found.party)
    if place.party != found.party:
        raise stations.NoSuchLocation(new.location)
    await store_hosts.lock_place(work, new.location)
    known = await store_hosts.agreements_at(work, [new.location])
    before = [each.version for each in known if each.host == host]
    agreement = Agreement(
        id=new_id(work.now),
        party=found.party,
        host=host,
        location=new.location,
        version=max(before, default=0) + 1,
        valid_from=new.valid_from,
        valid_until=new.valid_until,
        terms=new.terms,
        currency=party.currency,
        vat_rate=new.vat_rate,
        made_at=work.now,
        made_by=by,
    )
    _must_be_sound(agreement, known)
    await store_hosts.keep_agreement(work, agreement)
    work.touch(f"host:{host}")
    return agreement


def _must_be_sound(agreement: Agreement, known: Sequence[Agreement]) -> None:
    if agreement.valid_until is not None and agreement.valid_until < agreement.valid_from:
        raise NotAnAgreement("its last day is before its first.")
    digits = minor_digits(agreement.currency)
    for fee in (agreement.terms.per_session, agreement.terms.per_month):
        if fee != round(fee, digits):
            raise NotAnAgreement(f"a fee of {fee:f} {agreement.currency} cannot be paid.")
    promised = rules_shares.promised(known, agreement)
    if promised > rules_shares.ALL:
        raise MoreThanAll(f"{promised.normalize():f}")


async def hears_cdrs_issued(work: Work, facts: Sequence[Fact]) -> None:
    """Give hosts their share of sessions that were priced. Told twice, each is shared once."""
    priced = {fact.session: fact for fact in facts if isinstance(fact, CdrIssued)}
    places = await store_hosts.shared_places(work, list(priced))
    if not places:
        return
    agreed = await store_hosts.agreements_at(work, set(places.values()))
    cdrs = await store_documents.cdrs_of(work, [priced[each].settlement for each in places])
    shares: list[Share] = []
    for cdr in cdrs.values():
        here = [each for each in agreed if each.location == places[cdr.session]]
        shares += _shares(work, cdr, here)
    await keep(work, shares)


def _shares(work: Work, cdr: Cdr, agreed: Sequence[Agreement]) -> list[Share]:
    """What each agreement that held on the day of its start gives of a session."""
    made = documents.cdr(cdr.document)
    begins = datetime.fromisoformat(made.visit.begins).astimezone(ZoneInfo(made.place.zone))
    holding = [
        each
        for each in rules_shares.holding(agreed, begins.date())
        if each.currency == made.currency and not each.terms.are_nothing
    ]
    if not made.charged or not holding:
        return []
    division = rules_shares.divide(
        net_of(made), made.visit.energy_wh, [each.terms for each in holding], cdr.currency
    )
    return [
        share(
            work,
            agreement,
            part,
            kind=ShareKind.SESSION,
            once=f"session:{cdr.session}:{agreement.host}",
            session=cdr.session,
            cdr=cdr.id,
            at=datetime.fromisoformat(made.visit.ends).astimezone(UTC),
            revenue_minor=division.whole_minor,
            energy_wh=made.visit.energy_wh,
        )
        for agreement, part in zip(holding, division.parts, strict=True)
    ]


def net_of(made: CdrDocument) -> int:
    """What a session earned, without tax."""
    return sum(tax.net_minor for tax in made.taxes)


def share(
    work: Work,
    agreement: Agreement,
    part: Part,
    *,
    kind: ShareKind,
    once: str,
    at: datetime,
    session: SessionId | None = None,
    cdr: UUID | None = None,
    corrected_by: UUID | None = None,
    revenue_minor: int = 0,
    energy_wh: int = 0,
) -> Share:
    return Share(
        id=new_id(work.now),
        party=agreement.party,
        host=agreement.host,
        agreement=agreement.id,
        kind=kind,
        once=once,
        session=session,
        cdr=cdr,
        corrected_by=corrected_by,
        at=at,
        revenue_minor=revenue_minor,
        energy_wh=energy_wh,
        part=part,
        currency=agreement.currency,
        kept_at=work.now,
    )


async def keep(work: Work, shares: Sequence[Share]) -> None:
    """Keep shares, and write those that are new into the books: what we owe each host."""
    if not shares:
        return
    fresh = await store_hosts.keep_shares(work, shares)
    found = await store_hosts.hosts(work, {each.host for each in shares})
    entries = [_entry(each, found) for each in shares if each.id in fresh]
    await ledger.post_many(work, [entry for entry in entries if entry is not None])
    work.touch(*(f"host:{each.host}" for each in shares))


_WHY: Mapping[ShareKind, str] = {
    ShareKind.SESSION: "The share of {host} in a session",
    ShareKind.CORRECTION: "The share of {host} in the correction of a session",
    ShareKind.MONTH: "The monthly fee of {host}",
}


def _entry(share: Share, hosts: Mapping[UUID, Host]) -> Entry | None:
    minor = share.part.amount_minor
    if not minor:
        return None
    owed = Posting(COST, payable_to(share.host), Money(abs(minor), share.currency))
    about = {"session": share.session, "cdr": share.cdr, "invoice": share.corrected_by}
    return Entry(
        party=PartyId(share.party),
        once=OnceKey(f"share:{share.once}"),
        at=share.kept_at,
        memo=f"{_WHY[share.kind].format(host=hosts[share.host].name)}.",
        evidence={
            "share": str(share.id),
            "agreement": str(share.agreement),
            **{name: str(value) for name, value in about.items() if value is not None},
        },
        postings=(owed if minor > 0 else owed.reversed(),),
    )


def new_host(work: Work, party: PartyId, given: Mapping[str, str]) -> Host:
    """The host that somebody typed. Raises a refusal that names the field that cannot be."""
    locale, vat_id = given.get("locale", "").strip(), given.get("vat_id", "").strip()
    country = rules_hosts.country(given)
    return Host(
        id=new_id(work.now),
        party=party,
        name=rules_hosts.text(given, "name", "The name"),
        street=rules_hosts.text(given, "street", "The street"),
        postal_code=rules_hosts.text(given, "postal_code", "The postal code", most=20),
        city=rules_hosts.text(given, "city", "The town"),
        country=country,
        vat_id=vat_id_of(vat_id, country) if vat_id else None,
        email=rules_hosts.email(given),
        locale=locale if locale in SPOKEN else "en",
        pay_days=rules_hosts.days(given, "pay_days", "Paid within", 30),
        created_at=work.now,
    )
