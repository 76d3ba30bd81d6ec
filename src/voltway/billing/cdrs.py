"""The CDRs that partners are given: frozen once a session is priced, and taken back by credits.

Nobody is sent them yet; they are listed, shown and exported. They are made beside the walk of a
settlement, by a watcher, so that no receipt waits for one.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from voltway.billing import documents, proving, rules_cdr, store_cdrs, store_documents
from voltway.billing.documents import CdrDocument
from voltway.billing.documents_cdr import ChargeRecord
from voltway.billing.model import Cdr, CdrIssued
from voltway.billing.rules_cdr import Around
from voltway.drivers import actions as drivers
from voltway.evidence import actions as evidence
from voltway.kernel.facts import Fact
from voltway.kernel.ids import LocationId, PartyId, SessionId, TariffId
from voltway.parties import actions as parties
from voltway.runtime.work import Work
from voltway.sessions import actions as sessions
from voltway.sessions.model import Session
from voltway.stations import actions as stations
from voltway.stations.model import Location
from voltway.tariffs import actions as tariffs
from voltway.tariffs import actions_spot as spot
from voltway.tariffs import ocpi_write, taxes
from voltway.tariffs import rules as prices
from voltway.tariffs.model import ChargingPeriod, MeterPoint, StateChange
from voltway.tariffs.model_taxes import Supply
from voltway.tariffs.model_versions import TariffVersion
from voltway.tariffs.ocpi_write import OcpiVersion
from voltway.tariffs.rules_spot import follows_market
from voltway.tariffs.rules_united import united


async def freezes_cdrs(work: Work, facts: Sequence[Fact]) -> None:
    """Freeze what partners are given of priced sessions. Told twice, it is frozen once."""
    issued = {fact.cdr: fact for fact in facts if isinstance(fact, CdrIssued)}
    fresh = issued.keys() - await store_cdrs.known(work, issued)
    if fresh:
        billed = await store_documents.cdrs_of(work, {issued[cdr].settlement for cdr in fresh})
        await freeze(work, list(billed.values()))


async def freeze(work: Work, billed: Sequence[Cdr]) -> None:
    """Freeze the CDRs of these bills, with their places, tokens and tariffs as they are now."""
    around = await _around(work, {each.session for each in billed})
    signed = await evidence.dossiers(work, {each.session for each in billed})
    by_party: dict[PartyId, list[ChargeRecord]] = {}
    for each in billed:
        made = documents.cdr(each.document)
        about = around[each.session]
        record = rules_cdr.record(
            str(each.id),
            made,
            each.sha256,
            periods_of(made, about),
            about,
            cdr=str(each.id),
            at=each.made_at,
        )
        if each.session in signed:
            record = msgspec.structs.replace(
                record, signed=proving.for_partners(signed[each.session])
            )
        by_party.setdefault(each.party, []).append(record)
    for party, records in by_party.items():
        await store_cdrs.keep(work, party, records)


async def replace_cdr(work: Work, billed: Cdr, id: UUID, document: bytes, sha256: str) -> None:
    """Take back the CDR of a session that holds now by a credit CDR, and freeze another."""
    made = await store_cdrs.of_session(work, billed.session)
    holding = [each for each in made if not each.record.credits and not each.credited_by]
    about = (await _around(work, {billed.session}))[billed.session]
    again = documents.cdr(document)
    fresh = rules_cdr.record(
        str(id), again, sha256, periods_of(again, about), about, cdr=str(id), at=work.now
    )
    credits_ = [rules_cdr.credited(each.record, work.now) for each in holding]
    await store_cdrs.keep(work, billed.party, [*credits_, fresh])


async def _around(work: Work, ids: Collection[SessionId]) -> Mapping[SessionId, Around]:
    """What CDRs say beside their bills, read in one go."""
    found = await sessions.sessions_by_id(work, ids)
    owners = {each.id: each for each in await parties.parties(work, {s.party for s in found})}
    places = await stations.places_of(work, {each.evse for each in found if each.evse})
    locations = await _locations(work, {each.location for each in found})
    shown = {(each.party, each.token) for each in found if each.token is not None}
    tokens = await drivers.tokens_of(work, shown)
    return {
        each.id: Around(
            party=owners[each.party],
            session=each,
            location=locations[each.location],
            evse=places.get(each.evse) if each.evse else None,
            token=tokens.get((each.party, each.token)) if each.token else None,
            tariff=await _tariff(work, each),
        )
        for each in found
    }


async def _locations(work: Work, ids: Collection[LocationId]) -> Mapping[LocationId, Location]:
    return {id: await stations.location(work, id) for id in ids}


def periods_of(billed: CdrDocument, around: Around) -> tuple[ChargingPeriod, ...]:
    """The periods that were priced, from what the bill has frozen, united at the same prices."""
    powers = billed.powers or (None,) * len(billed.points)
    periods = prices.periods_of(
        [
            MeterPoint(_moment(at), energy_wh, power_w)
            for (at, energy_wh), power_w in zip(billed.points, powers, strict=True)
        ],
        [
            StateChange(_moment(at), state == "charging", by_vehicle=state == "idle")
            for at, state in billed.changes
        ],
        begins=_moment(billed.visit.begins),
        ends=_moment(billed.visit.ends),
    )
    tariff = around.tariff.tariff if around.tariff else None
    return united(tariff, periods, ZoneInfo(around.session.zone))


async def _tariff(work: Work, session: Session) -> TariffVersion | None:
    """The version that priced a session, with its market's prices then and its place's taxes."""
    if session.tariff_version_id is None:
        return None
    kept = await tariffs.version_record(work, TariffId(session.tariff_version_id))
    if not follows_market(kept.tariff) and not kept.tariff.taxes_by_place:
        return kept
    ends = session.ended_at or session.started_at
    told = await spot.version_for(work, kept.id, session.started_at, ends, guess=True)
    supply = Supply(session.party, session.location, session.started_at)
    bound, _ = await taxes.taxed(work, told, supply)
    text = ocpi_write.written(ocpi_write.document(bound, OcpiVersion.V230))
    return replace(kept, tariff=bound, document=text)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
