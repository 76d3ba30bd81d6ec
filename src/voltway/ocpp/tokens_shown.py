"""May the tokens that were shown charge? Cars that nobody registered are noted, to be offered."""

from collections.abc import Callable, Mapping, Sequence

from voltway.drivers import actions as drivers
from voltway.drivers import cars, certificates, when_where
from voltway.drivers.model import Token, TokenKind
from voltway.drivers.rules_certificates import ACCEPTED, answered
from voltway.drivers.rules_when_where import NOT_NOW, PLANNED_WORK
from voltway.kernel.ids import PartyId, StationId, TokenUid
from voltway.payments import terminals
from voltway.runtime.work import Work
from voltway.stations import worked_at
from voltway.stations.reports import DIRECT, Decision, Heard, Started, TokenShown
from voltway.waiting import reservations, turns


async def standings(
    work: Work,
    asked: Sequence[tuple[int, StationId, TokenShown]],
    known: Mapping[tuple[StationId, TokenUid], Token],
    party_of: Callable[[int], PartyId],
) -> dict[int, Decision]:
    """By the places of the questions; ``party_of`` says whose station asked at a place."""
    words = drivers.authorize(asked, known, work.now)
    await _nothing_to_start_at(work, asked, words)
    seen = [
        cars.CarShown(party_of(index), station, mac)
        for index, station, report in asked
        if words[index] == "unknown" and (mac := cars.mac_of(report.token)) is not None
    ]
    if seen:
        await cars.note_seen(work, seen)
    said = [(station, report.token, words[index]) for index, station, report in asked]
    await _note_turned_away(work, said, known)
    status = await _certificates(work, asked, party_of)
    at_terminals = {
        index: station
        for index, station, report in asked
        if words[index] == "unknown" and report.kind.lower() == DIRECT
    }
    why = await terminals.why_refused(work, set(at_terminals.values()))
    says = {index: why.get(station) for index, station in at_terminals.items()}
    return {
        index: _decided(word, status[index])
        if index in status
        else Decision(token=word, says=says.get(index))
        for index, word in words.items()
    }


def _decided(word: str, certificate: str) -> Decision:
    """Where token and chain stand well, the issuers have the last word; a token that opens nothing
    opens nothing whatever they say."""
    token, told = answered(word, certificate)
    return Decision(token=token, certificate=told, issuers=token == "accepted")


async def _nothing_to_start_at(
    work: Work, asked: Sequence[tuple[int, StationId, TokenShown]], words: dict[int, str]
) -> None:
    """A token that could start only at bays held for who is next in line, or worked at as planned,
    cannot start now. A question names no bay, so such a bay beside a free one turns nobody away."""
    might = {
        (station, report.token) for index, station, report in asked if words[index] == "accepted"
    }
    away = await turns.turned_away(work, might)
    in_window = await worked_at.stations_worked_at(work, {station for station, _ in away})
    for index, station, report in asked:
        if (station, report.token) in away:
            words[index] = PLANNED_WORK if station in in_window else NOT_NOW


async def note_starts(
    work: Work,
    heard: Sequence[Heard],
    decisions: Mapping[int, Decision],
    known: Mapping[tuple[StationId, TokenUid], Token],
) -> None:
    """Note the tokens that began a session without being asked for, and may not: from a list or a
    cache of the station's own; and the reservations that these sessions end."""
    for call in heard:
        for report in call.reports:
            if type(report) is Started and report.reservation is not None:
                await reservations.used(work, call.station, report.reservation)
    said = [
        (call.station, report.token, decisions[call.index].token)
        for call in heard
        for report in call.reports
        if type(report) is Started and report.token and call.index in decisions
    ]
    await _note_turned_away(work, said, known)


async def _note_turned_away(
    work: Work,
    said: Sequence[tuple[StationId, TokenUid, str | None]],
    known: Mapping[tuple[StationId, TokenUid], Token],
) -> None:
    """Their drivers read it; of a guest's there is nobody to read it."""
    turned_away = {
        token.id: (token.party, station, word)
        for station, uid, word in said
        if word not in (None, "accepted")
        and (token := known.get((station, uid))) is not None
        and token.kind is not TokenKind.AD_HOC
    }
    await when_where.note_turned_away(work, turned_away)


async def _certificates(
    work: Work,
    asked: Sequence[tuple[int, StationId, TokenShown]],
    party_of: Callable[[int], PartyId],
) -> dict[int, str]:
    """How the chains of contract certificates stand that cars showed (2.0.1 part 2, C07). Those of
    which only names are told were checked by their stations."""
    named = {index: ACCEPTED for index, _, report in asked if report.named}
    shown = [
        (index, certificates.Shown(party_of(index), report.token, report.certificate))
        for index, _, report in asked
        if report.certificate
    ]
    return named | (await certificates.judge(work, shown) if shown else {})
