"""The settings of a station that a central system may read and change, in both versions' names."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voltway_world.stations.mechanism import Mechanism


@dataclass(frozen=True, slots=True)
class Knob:
    """One setting: its 1.6 key, its 2.0.1 component and variable, and how it is read and set."""

    key: str
    component: str
    variable: str
    kind: str
    read: Callable[["Mechanism"], str]
    write: Callable[["Mechanism", str], None] | None = None
    is_secret: bool = False


def _seconds(text: str, *, least: int = 0) -> float:
    """Raises ``ValueError`` where the text is not a whole number of seconds."""
    seconds = int(text)
    if seconds < least:
        raise ValueError(text)
    return float(seconds)


def _yes(text: str) -> bool:
    """Raises ``ValueError`` where the text is neither true nor false."""
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def _set_heartbeat(station: "Mechanism", text: str) -> None:
    station.set_heartbeat(_seconds(text, least=1))


def _set_meter_interval(station: "Mechanism", text: str) -> None:
    station.options.meter_interval_s = _seconds(text)


def _set_connection_timeout(station: "Mechanism", text: str) -> None:
    station.options.connection_timeout_s = _seconds(text, least=1)


def _set_accepts_offline(station: "Mechanism", text: str) -> None:
    station.options.accepts_offline = _yes(text)


def _set_reserves(station: "Mechanism", text: str) -> None:
    station.options.reserves = _yes(text)


def _set_key(station: "Mechanism", text: str) -> None:
    if not 8 <= len(text) <= 40:
        raise ValueError("a key has 8 to 40 characters")
    station.key = text


KNOBS = (
    Knob(
        "HeartbeatInterval", "OCPPCommCtrlr", "HeartbeatInterval", "integer",
        lambda station: str(int(station.heartbeat_s)), _set_heartbeat,
    ),
    Knob(
        "MeterValueSampleInterval", "SampledDataCtrlr", "TxUpdatedInterval", "integer",
        lambda station: str(int(station.options.meter_interval_s)), _set_meter_interval,
    ),
    Knob(
        "ConnectionTimeOut", "TxCtrlr", "EVConnectionTimeOut", "integer",
        lambda station: str(int(station.options.connection_timeout_s)), _set_connection_timeout,
    ),
    Knob(
        "LocalAuthorizeOffline", "AuthCtrlr", "LocalAuthorizeOffline", "boolean",
        lambda station: str(station.options.accepts_offline).lower(), _set_accepts_offline,
    ),
    Knob(
        "AuthorizationKey", "SecurityCtrlr", "BasicAuthPassword", "string",
        lambda station: "", _set_key, is_secret=True,
    ),
    Knob(
        "NumberOfConnectors", "ChargingStation", "NumberOfEVSEs", "integer",
        lambda station: str(len(station.forecourt.bays)),
    ),
    Knob(
        "SupportedFeatureProfiles", "ChargingStation", "Model", "string",
        lambda station: station.feature_words,
    ),
    Knob(
        "MeterValuesSampledData", "SampledDataCtrlr", "TxUpdatedMeasurands", "MemberList",
        lambda station: "Energy.Active.Import.Register,Power.Active.Import,Current.Import,"
        "Voltage,SoC",
    ),
    Knob(
        "ReserveConnectorZeroSupported", "ReservationCtrlr", "NonEvseSpecific", "boolean",
        lambda station: "false",
    ),
    Knob(
        "ReservationAvailable", "ReservationCtrlr", "Available", "boolean",
        lambda station: str(station.options.can_reserve).lower(),
    ),
    Knob(
        "ReservationEnabled", "ReservationCtrlr", "Enabled", "boolean",
        lambda station: str(station.options.reserves).lower(), _set_reserves,
    ),
    Knob(
        "TransactionMessageAttempts", "OCPPCommCtrlr", "MessageAttempts", "integer",
        lambda station: str(station.options.attempts),
    ),
)  # fmt: skip


def by_key(key: str) -> Knob | None:
    # OCPP 1.6, §9.1: configuration keys are case-insensitive.
    return next((knob for knob in KNOBS if knob.key.lower() == key.lower()), None)


def by_variable(component: str, variable: str) -> Knob | None:
    # OCPP 2.0.1: names of components and variables are case-insensitive, too.
    wanted = (component.lower(), variable.lower())
    found = (k for k in KNOBS if (k.component.lower(), k.variable.lower()) == wanted)
    return next(found, None)


def components() -> set[str]:
    return {knob.component.lower() for knob in KNOBS}
