"""What a person may decide of a doubtful session, and what becomes of it then.

The readings stay as they were told; a decision stands beside them, with its reason, and is frozen
in the CDR of the bill that it led to.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

from voltway.billing.documents import Decided
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId, SessionId, SettlementId
from voltway.kernel.units import EnergyWh, kwh
from voltway.parties.model import Party
from voltway.sessions.model import Doubt, SessionRecord
from voltway.sessions.rules_evidence import Evidence
from voltway.tariffs.model import MeterPoint

REASON_MAX: Final = 500

#: More than any session gives: below it nothing is charged.
NEVER_CHARGED: Final = EnergyWh(2**62)


class Choice(StrEnum):
    """How a session that was held is billed."""

    READINGS = "readings"  # by what the house makes of its readings
    ENERGY = "energy"  # by so much energy
    FREE = "free"  # not at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What somebody decided, and why."""

    settlement: SettlementId
    party: PartyId
    session: SessionId
    choice: Choice
    energy_wh: EnergyWh | None
    reason: str
    doubts: tuple[Doubt, ...]
    by: str
    at: datetime

    @property
    def frozen(self) -> Decided:
        """As the CDR tells it. Who decided is in our own records, not on a driver's bill."""
        return Decided(choice=self.choice, energy_wh=self.energy_wh, reason=self.reason)


class NoReasonForDecision(Refusal):
    """Say in a sentence why it is billed so: whoever looks at the bill later will ask."""

    kind: ClassVar[Kind] = Kind.INVALID


class NoEnergyChosen(Refusal):
    """Say how much energy is to be billed, in kWh."""

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(eq=False)
class MoreThanCanBe(Refusal):
    """{chosen} kWh are more than this EVSE can give in that time: {most} kWh at most."""

    kind: ClassVar[Kind] = Kind.INVALID

    chosen: str
    most: str


def checked(
    choice: Choice, energy_wh: int | None, reason: str, evidence: Evidence
) -> tuple[EnergyWh | None, str]:
    """The energy and the reason of a decision that can be. Energy is never billed above what the
    EVSE can give."""
    words = said(reason)
    if choice is not Choice.ENERGY:
        return None, words
    if energy_wh is None or energy_wh < 0:
        raise NoEnergyChosen
    if energy_wh > evidence.bound_wh:
        chosen, most = kwh(EnergyWh(energy_wh)), kwh(EnergyWh(evidence.bound_wh))
        raise MoreThanCanBe(f"{chosen:f}", f"{most:f}")
    return EnergyWh(energy_wh), words


def said(reason: str) -> str:
    """The reason as it is kept. Raises ``NoReasonForDecision`` where there is none."""
    words = "".join(each if each.isprintable() else " " for each in reason).strip()[:REASON_MAX]
    if not words:
        raise NoReasonForDecision
    return words


def decided(
    record: SessionRecord, party: Party, decision: Decided | None
) -> tuple[SessionRecord, Party]:
    """The session and the party's terms as it is billed under a decision: by another energy, its
    flow over time in the same proportion; or free, as if too little had flowed to be charged."""
    if decision is None:
        return record, party
    if decision.choice == Choice.FREE:
        return record, replace(party, no_charge_below_wh=NEVER_CHARGED)
    return by_energy(record, decision), party


def by_energy(record: SessionRecord, decision: Decided | None) -> SessionRecord:
    """The session by the energy that was decided, where one was."""
    if decision is None or decision.energy_wh is None:
        return record
    energy = EnergyWh(decision.energy_wh)
    return replace(record, energy_wh=energy, points=_scaled(record, energy))


def _scaled(record: SessionRecord, energy: EnergyWh) -> tuple[MeterPoint, ...]:
    told: Sequence[MeterPoint] = record.points
    whole = max((point.energy_wh for point in told), default=0)
    points = [
        MeterPoint(point.at, point.energy_wh * energy // whole, point.power_w)
        for point in told
        if whole and point.at < record.ends
    ]
    return (*points, MeterPoint(record.ends, energy))
