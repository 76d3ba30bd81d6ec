"""What the door is given by the roof: the parts that every page and call may use."""

from dataclasses import dataclass, field

from voltway.billing.registers import VatRegister
from voltway.payments.provider import Provider
from voltway.runtime.health import Health
from voltway.runtime.relay import Alone, Reach
from voltway.runtime.settings import Settings
from voltway.runtime.work import BeginWork, Clock, Touches
from voltway.web.streams import Streams


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Filled by ``app.py``. ``streams.close()`` ends all live pages before the server drains."""

    begin: BeginWork
    touches: Touches
    clock: Clock
    settings: Settings
    provider: Provider
    register: VatRegister | None = None
    reach: Reach = field(default_factory=Alone)
    health: Health = field(default_factory=Health)
    streams: Streams = field(default_factory=Streams)
