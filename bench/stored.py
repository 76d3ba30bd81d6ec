"""What is stored while ``bench.storage`` measures: readings and frames of usual stations."""

import json
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from voltway.cli.replay.past import read_past
from voltway.kernel.ids import PartyId, StationId, new_id
from voltway.sessions.rules_packing import KeptReading
from voltway.stations.model import Direction, KeptFrame

DAY = datetime(2026, 3, 2, tzinfo=UTC)
REAL = Path(__file__).resolve().parents[1] / "data" / "sessions_workplace.csv"
MINUTE = timedelta(minutes=1)
TEMPERATURE = '["Temperature","{}","Celsius"]'


def real_lengths() -> list[int]:
    """Readings of the 3,395 real sessions of the replay, if each had told one a minute."""
    lengths = [(each.ends - each.begins) // MINUTE for each in read_past(REAL)]
    return [min(max(2, each), 1300) for each in lengths]


def session(chance: random.Random, count: int, *, temperature: bool = False) -> list[KeptReading]:
    """A reading a minute at a wandering power: heard to the microsecond, told in whole seconds."""
    heard = DAY + timedelta(seconds=chance.random() * 3600)
    register, power = chance.randint(0, 10**7), chance.choice([3_700, 7_400, 11_000, 22_000])
    readings = []
    for nth in range(count):
        heard += MINUTE + timedelta(microseconds=chance.randint(-300_000, 300_000))
        now_w = power + chance.randint(-60, 60)
        register += now_w // 60
        readings.append(
            KeptReading(
                received_at=heard,
                at=(heard - timedelta(milliseconds=chance.randint(20, 300))).replace(microsecond=0),
                register_wh=register,
                power_w=now_w,
                current_ma=now_w * 1000 // 690 // 100 * 100,
                voltage_mv=230_000 + 100 * chance.randint(-15, 15),
                soc_percent=min(100, 20 + nth // 3),
                context=1,
                rest=TEMPERATURE.format(chance.randint(29, 33)) if temperature else None,
            )
        )
    return readings


def heard_together(
    chance: random.Random, lengths: Sequence[int], *, temperature: bool
) -> Iterator[tuple[UUID, KeptReading]]:
    """The readings of sessions of these lengths, mixed as they come: some hundred run at once."""
    waiting = list(lengths)
    running: list[tuple[UUID, Iterator[KeptReading]]] = []
    while waiting or running:
        while waiting and len(running) < 300:
            told = session(chance, waiting.pop(), temperature=temperature)
            running.append((new_id(told[0].received_at), iter(told)))
        chance.shuffle(running)
        still = []
        for id, told_on in running:
            if (reading := next(told_on, None)) is not None:
                yield id, reading
                still.append((id, told_on))
        running = still


def meter_values(chance: random.Random, register: int, transaction: int, at: datetime) -> bytes:
    """A MeterValues of 1.6 of some 1.2 kB: three phases, as sent by usual firmware."""
    values: list[tuple[str, str, str, str | None]] = [
        ("Energy.Active.Import.Register", str(register), "Wh", None),
        ("Power.Active.Import", f"{7400 + chance.random() * 100:.1f}", "W", None),
        ("SoC", "55", "Percent", None),
        ("Temperature", "31", "Celsius", None),
    ]
    for phase in ("L1", "L2", "L3"):
        values.append(("Current.Import", f"{10 + chance.random():.2f}", "A", phase))
        values.append(("Voltage", f"{228 + chance.random() * 4:.1f}", "V", f"{phase}-N"))
    sampled = [
        {"value": value, "context": "Sample.Periodic", "measurand": measurand, "unit": unit}
        | ({"phase": phase} if phase else {})
        for measurand, value, unit, phase in values
    ]
    told = {"timestamp": f"{at:%Y-%m-%dT%H:%M:%S}Z", "sampledValue": sampled}
    payload = {"connectorId": 1, "transactionId": transaction, "meterValue": [told]}
    name = str(UUID(int=chance.getrandbits(128)))
    return json.dumps([2, name, "MeterValues", payload], separators=(",", ":")).encode()


def frames(
    chance: random.Random, party: PartyId, stations: int, minutes: int
) -> Iterator[tuple[PartyId, KeptFrame]]:
    """A MeterValues a minute of each station, and its answer."""
    ids = [StationId(new_id(DAY)) for _ in range(stations)]
    registers = [chance.randint(0, 10**7) for _ in ids]
    for minute in range(minutes):
        for nth in chance.sample(range(stations), stations):
            at = DAY + minute * MINUTE + timedelta(milliseconds=60_000 * nth // stations)
            registers[nth] += 120
            call = meter_values(chance, registers[nth], 10**8 + nth, at)
            answer = b'[3,"' + call[4:40] + b'",{}]'
            yield party, KeptFrame(ids[nth], Direction.HEARD, at, call)
            yield party, KeptFrame(ids[nth], Direction.SAID, at, answer)
