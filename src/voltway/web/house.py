"""What the door is given by the roof: the parts that every page and call may use."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from voltway.billing.registers import VatRegister
from voltway.runtime.health import Health
from voltway.runtime.relay import Alone, Reach
from voltway.runtime.settings import Settings
from voltway.runtime.work import BeginWork, Clock, Touches
from voltway.web.streams import Streams

if TYPE_CHECKING:
    from voltway.payments.choosing import AnyProvider
else:
    # Handlers are built from the types of what they are given, and no decoder takes a choice of
    # two classes, though nobody ever decodes a house.
    AnyProvider = object


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Filled by ``app.py``. ``streams.close()`` ends all live pages before the server drains."""

    begin: BeginWork
    touches: Touches
    clock: Clock
    settings: Settings
    provider: AnyProvider
    register: VatRegister | None = None
    reach: Reach = field(default_factory=Alone)
    health: Health = field(default_factory=Health)
    streams: Streams = field(default_factory=Streams)
