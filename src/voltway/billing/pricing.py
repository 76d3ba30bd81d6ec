"""The first step of settlements: price sessions and freeze their CDRs, many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from voltway.billing import documents, freezing, rules, store_decisions
from voltway.billing.documents import Decided
from voltway.billing.freezing import Priced
from voltway.billing.model import Cdr, CdrIssued, Settlement
from voltway.drivers import actions as drivers
from voltway.drivers.model import Token, TokenKind
from voltway.kernel.ids import (
    EvseId,
    PartyId,
    SessionId,
    SettlementId,
    StationId,
    TariffId,
    TokenUid,
    new_id,
)
from voltway.kernel.ids import TransactionRef as Ref
from voltway.parties import actions as parties
from voltway.parties.model import Party
from voltway.payments import actions as payments
from voltway.payments.model import Payment
from voltway.runtime.work import Work
from voltway.sessions import actions as sessions
from voltway.sessions.model import SessionRecord
from voltway.stations import actions as stations
from voltway.stations.model import EvsePlace, Location
from voltway.tariffs import actions_spot as spot
from voltway.tariffs import promotions, purses, taxes
from voltway.tariffs.model_promotions import Grant
from voltway.tariffs.model_subscriptions import Charges, Purse
from voltway.tariffs.model_taxes import Supply


@dataclass(frozen=True, slots=True)
class Known:
    """All that the prices of a batch of sessions are made of, read in one go."""

    payments: Mapping[SessionId, Payment]
    parties: Mapping[PartyId, Party]
    places: Mapping[EvseId, EvsePlace]
    tokens: Mapping[tuple[PartyId, TokenUid], Token]
    stopped_by: Mapping[tuple[StationId, Ref], str]
    #: What is taken off these sessions: the codes that their visits hold.
    grants: Mapping[SessionId, Sequence[Grant]] = field(default_factory=dict)
    #: What is left of the months of subscriptions; those who only look again have none.
    purses: Mapping[SessionId, Purse] = field(default_factory=dict)


async def known(work: Work, records: Sequence[SessionRecord]) -> Known:
    """Who pays for these sessions, where they were, and who stopped them."""
    shown = {each.session: payments.Shown(each.party, each.token) for each in records}
    linked = await payments.link(work, shown)
    found = await parties.parties(work, {each.party for each in records})
    places = await stations.places_of(work, {each.evse for each in records if each.evse})
    tokens = {
        (each.party, each.token)
        for each in records
        if each.token is not None and not _is_of_visit(linked.get(each.session))
    }
    remote = {(each.station, each.ref) for each in records if rules.is_remote(each.reason)}
    return Known(
        linked,
        {party.id: party for party in found},
        places,
        await drivers.tokens_of(work, tokens),
        await stations.stopped_by(work, remote) if remote else {},
        await granted(work, {session: each.token for session, each in linked.items()}, records),
    )


def _is_of_visit(payment: Payment | None) -> bool:
    """Whether the token was made for this visit, and is nobody's own."""
    return payment is not None and not payment.own_token


async def purses_of(
    work: Work, known: Known, records: Sequence[SessionRecord]
) -> Mapping[SessionId, Purse]:
    """What is left of the months of subscriptions for these sessions; nobody else may use anything
    of it until this work ends."""
    asked: dict[SessionId, Charges] = {}
    for record in records:
        token = known.tokens.get((record.party, record.token)) if record.token else None
        if token is not None and not _is_of_visit(known.payments.get(record.session)):
            asked[record.session] = sessions.charges_of(record, token)
    return await purses.purses(work, asked, lock=True)


async def granted(
    work: Work, tokens: Mapping[SessionId, TokenUid], records: Sequence[SessionRecord]
) -> Mapping[SessionId, Sequence[Grant]]:
    """What the visits of these sessions hold, by the tokens that were made for them."""
    parties_of = {each.session: each.party for each in records}
    visits = {(parties_of[session], token): session for session, token in tokens.items()}
    held = await promotions.grants_of(work, list(visits))
    return {visits[visit]: (grant,) for visit, grant in held.items()}


async def priced(
    work: Work, record: SessionRecord, known: Known, decided: Decided | None = None
) -> Priced:
    """The price of one session, and everything that its bill says; as a person decided, where
    somebody did."""
    party = known.parties[record.party]
    where = await _where(work, record, known)
    account, token = _whose(record, known)
    tariff, taxed = None, None
    if record.tariff_version_id is not None:
        version = TariffId(record.tariff_version_id)
        told = await spot.version_for(work, version, record.begins, record.ends)
        supply = Supply(record.party, record.location, record.begins)
        tariff, taxed = await taxes.taxed(work, told, supply)
    return freezing.priced(
        record,
        tariff,
        party,
        taxed=taxed,
        grants=known.grants.get(record.session, ()),
        purse=known.purses.get(record.session),
        where=where,
        account=account,
        token=token,
        stopped_by=known.stopped_by.get((record.station, record.ref)),
        decided=decided,
    )


async def _where(work: Work, record: SessionRecord, known: Known) -> EvsePlace | Location:
    if record.evse is None:
        return await stations.location(work, record.location)
    if record.evse not in known.places:
        raise stations.NoSuchEvse(record.evse)
    return known.places[record.evse]


def _whose(record: SessionRecord, known: Known) -> tuple[str, str | None]:
    """Whose account it is in the books (the payment's, the token's, or the session's own), and
    the end of a driver's own token, so that they know it again; a guest's was made by us."""
    payment = known.payments.get(record.session)
    if payment is not None:
        return str(payment.id), payment.token[-4:] if payment.own_token else None
    if record.token is None:
        return str(record.session), None
    token = known.tokens.get((record.party, record.token))
    if token is None:
        return str(record.session), record.token[-4:]
    return str(token.id), None if token.kind is TokenKind.AD_HOC else record.token[-4:]


async def records_of(
    work: Work, settlements: Sequence[Settlement]
) -> Mapping[SessionId, SessionRecord]:
    return await sessions.records(work, [each.session for each in settlements])


async def decisions(
    work: Work, settlements: Sequence[Settlement]
) -> Mapping[SettlementId, Decided]:
    """What people decided of those that were held."""
    held = [each.id for each in settlements if each.reviewed_by is not None]
    found = await store_decisions.of(work, held) if held else {}
    return {id: decision.frozen for id, decision in found.items()}


def frozen_cdr(work: Work, settlement: Settlement, made: Priced) -> Cdr:
    raw, sha256 = documents.frozen(freezing.cdr_document(made))
    return Cdr(
        id=new_id(work.now),
        party=settlement.party,
        session=settlement.session,
        settlement=settlement.id,
        total_minor=made.bill.total.minor,
        currency=made.bill.total.currency,
        document=raw,
        sha256=sha256,
        made_at=work.now,
    )


def issued(cdr: Cdr, payment: Payment | None) -> CdrIssued:
    return CdrIssued(
        party=cdr.party,
        at=cdr.made_at,
        settlement=cdr.settlement,
        session=cdr.session,
        payment=payment.id if payment else None,
        cdr=cdr.id,
        total_minor=cdr.total_minor,
        currency=cdr.currency,
    )
