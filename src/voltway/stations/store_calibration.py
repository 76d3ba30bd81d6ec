"""The SQL of meters' calibrations, which stand with their bays."""

from voltway.kernel.ids import EvseId
from voltway.runtime.work import Row, Work
from voltway.stations.model_calibration import Calibration


async def load(work: Work, evse: EvseId) -> Row | None:
    """The bay of a station that is not removed: its calibration, station and time zone."""
    return await work.one(
        """
        SELECT e.meter_valid_until, e.meter_note, e.station_id, l.time_zone
          FROM evse e
          JOIN station s ON s.id = e.station_id
          JOIN location l ON l.id = s.location_id
         WHERE e.id = $1 AND s.removed_at IS NULL
        """,
        evse,
    )


async def save(work: Work, evse: EvseId, told: Calibration | None) -> None:
    await work.run(
        "UPDATE evse SET meter_valid_until = $2, meter_note = $3 WHERE id = $1",
        evse,
        told.valid_until if told else None,
        told.note if told else "",
    )


def calibration(row: Row) -> Calibration | None:
    until = row["meter_valid_until"]
    return None if until is None else Calibration(until, row["meter_note"])
