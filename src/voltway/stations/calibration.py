"""To write down until when a bay's meter may be used for bills, to change it, and to clear it."""

from voltway.kernel.ids import EvseId
from voltway.runtime.work import Row, Work
from voltway.stations import rules_calibration, store_calibration
from voltway.stations.actions_network import NoSuchEvse
from voltway.stations.model_calibration import Calibration


async def of_bay(work: Work, evse: EvseId) -> Calibration | None:
    """What is known of the meter of a bay. Raises ``NoSuchEvse``."""
    return store_calibration.calibration(await _bay(work, evse))


async def tell(work: Work, evse: EvseId, told: Calibration | None) -> bool:
    """Keep what is known of the meter of a bay, or that nothing is; whether that is new.

    Raises ``NoSuchEvse``, ``LastDayOutOfReach``, ``NotANote``.
    """
    row = await _bay(work, evse)
    today = rules_calibration.today_at(row["time_zone"], work.now)
    after = rules_calibration.checked(told, today) if told else None
    if after == store_calibration.calibration(row):
        return False
    await store_calibration.save(work, evse, after)
    work.touch(f"evse:{evse}", f"station:{row['station_id']}")
    return True


def did(told: Calibration | None) -> tuple[str, dict[str, str]]:
    """What was done, as it is audited, with its detail."""
    if told is None:
        return "cleared a meter's calibration", {}
    return "wrote down a meter's calibration", {"until": told.valid_until.isoformat()}


async def _bay(work: Work, evse: EvseId) -> Row:
    row = await store_calibration.load(work, evse)
    if row is None:
        raise NoSuchEvse(evse)
    return row
