"""How a simulated station is built and set."""

from dataclasses import dataclass


@dataclass
class Options:
    """How this station is built and set. Seconds are real ones; cars alone live at ``speed``."""

    vendor: str = "Voltway World"
    model: str = "Simulated One"
    firmware: str = "1.0.0"
    meter_interval_s: float = 10.0
    connection_timeout_s: float = 120.0
    #: 2.0.1 TxStartPoint: "PowerPathClosed" (token and cable), "Authorized" or "EVConnected".
    starts_at: str = "PowerPathClosed"
    accepts_offline: bool = True
    #: Whether it can be reserved at all, and whether it is set to.
    can_reserve: bool = False
    reserves: bool = True
    #: Whether a reservation is lost with the power.
    forgets_reservations: bool = False
    answer_within_s: float = 30.0
    attempts: int = 3
    retry_s: float = 1.0
    reconnect_s: float = 0.5
    reconnect_s_max: float = 30.0
    reboot_s: float = 1.0
    tick_s: float = 1.0
    boots_again: bool = False
    keeps_message_id: bool = False
    sets_clock: bool = True
