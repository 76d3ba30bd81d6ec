"""What the meters' signatures say to a bill: whether it is held, and what is frozen in it."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from voltway.billing.documents import Signed
from voltway.billing.documents_cdr import SignedData, SignedValue
from voltway.evidence import actions as evidence
from voltway.evidence import container, keys, rules
from voltway.evidence.model import Dossier, Finding, Format, Mark, Question, Record, Verdict
from voltway.kernel.ids import PartyId, SessionId
from voltway.runtime.work import Work
from voltway.sessions.model import SAYS, SessionRecord

#: OCPI 2.2.1, SignedValue: the longest that its fields take; and its words for the formats.
PLAIN_MAX: Final = 512
SIGNED_MAX: Final = 5000
_METHODS: Final = {
    Format.OCMF: "OCMF",
    Format.ALFEN: "Alfen Eichrecht",
    Format.PCDF: "PCDF",
}


@dataclass(frozen=True, slots=True)
class Proofs:
    """What was signed of some sessions, and which parties bill from nothing else."""

    dossiers: Mapping[SessionId, Dossier]
    demanding: frozenset[PartyId]
    #: What must be judged before these are billed.
    open: Mapping[SessionId, Question]

    def why_held(self, record: SessionRecord) -> str:
        """Why nobody is billed before a person has looked; empty: bill it."""
        said = [SAYS[doubt] for doubt in record.held_by]
        return " ".join([*said, *filter(None, [self.held_because(record)])])

    def held_because(self, record: SessionRecord) -> str:
        """Why nobody is billed for this session before a person has looked; empty: bill it."""
        found = self.dossiers.get(record.session)
        if found is not None and _differs(found, record):
            return (
                f"The meter signed {_kwh(found.finding.energy_wh)} kWh, and the readings say "
                f"{_kwh(Decimal(record.energy_wh))} kWh."
            )
        # Where no energy flowed, there is none that must be proved.
        if record.party not in self.demanding or not record.energy_wh:
            return ""
        if found is None:
            return "The station sent no signed meter data, and nobody is billed here without."
        if found.finding.verdict is Verdict.VALID:
            return ""
        return " ".join(found.finding.says)

    def frozen(self, record: SessionRecord) -> Signed | None:
        """What the bill says of the signed data, by which anybody finds them again."""
        found = self.dossiers.get(record.session)
        return _signed(found) if found is not None else None


async def proofs(
    work: Work, records: Sequence[SessionRecord], judged: Sequence[tuple[Question, Finding]]
) -> Proofs:
    """What the meters of these sessions signed, and what was found of it: as far as just that was
    judged, and nothing came since."""
    asked = await evidence.questions(work, [record.session for record in records])
    answered = [each for each in judged if asked.get(each[0].session) == each[0]]
    dossiers = await evidence.keep(work, answered) if answered else {}
    still = {session: each for session, each in asked.items() if session not in dossiers}
    demanding = await evidence.demands(work, {record.party for record in records})
    return Proofs(dossiers, frozenset(demanding), still)


def for_partners(dossier: Dossier) -> SignedData | None:
    """The signed data as a CDR carries them (OCPI 2.2.1, SignedData and SignedValue), byte for
    byte. Of a payload that is longer than its field the readings stand there instead; a record that
    is longer than its own field cannot be told, and then nothing is."""
    values = []
    for piece in dossier.pieces:
        record = container.read(piece)
        blob = b64encode(piece.text.encode()).decode()
        if record.format is None or len(blob) > SIGNED_MAX:
            return None
        plain = record.payload.decode("utf-8", "replace")
        if record.format is Format.ALFEN:
            plain = record.payload.hex()
        values.append(
            SignedValue(
                nature=_nature(record),
                plain_data=plain if len(plain) <= PLAIN_MAX else _in_short(record),
                signed_data=blob,
            )
        )
    key = dossier.key.key if dossier.key else None
    kind = dossier.finding.format
    return SignedData(
        encoding_method=_METHODS[kind] if kind else "",
        values=tuple(values),
        public_key=b64encode(bytes.fromhex(keys.written(key))).decode() if key else None,
    )


def _nature(record: Record) -> str:
    marks = {reading.mark for reading in record.readings}
    if Mark.END in marks:
        return "End"
    return "Start" if Mark.BEGIN in marks else "Intermediate"


def _in_short(record: Record) -> str:
    told = (
        f"{reading.at.isoformat() if reading.at else '?'} {reading.wh:f} Wh"
        for reading in record.readings
        if reading.wh is not None
    )
    return "; ".join(told)[:PLAIN_MAX]


def _differs(dossier: Dossier, record: SessionRecord) -> bool:
    proved = dossier.finding.verdict in (Verdict.VALID, Verdict.NOT_BILLABLE)
    return proved and rules.differs(dossier.finding, record.energy_wh)


def _signed(dossier: Dossier) -> Signed:
    found = dossier.finding
    return Signed(
        format=found.format.value if found.format else "",
        verdict=found.verdict.value,
        flaws=tuple(flaw.value for flaw in found.flaws),
        records=found.records,
        sha256=found.sha256,
        energy_wh=None if found.energy_wh is None else f"{found.energy_wh:f}",
        meter=found.meter,
        key=keys.fingerprint(dossier.key.key) if dossier.key else "",
    )


def _kwh(wh: Decimal | None) -> str:
    """All the digits that say something, and to the watt-hour at least."""
    exact = (wh or Decimal(0)).scaleb(-3).normalize()
    exponent = exact.as_tuple().exponent
    assert isinstance(exponent, int), "a register is a number"
    return f"{exact if exponent <= -3 else exact.quantize(Decimal('0.001')):f}"
