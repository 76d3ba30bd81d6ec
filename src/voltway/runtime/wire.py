"""What one process can say to another. Words may get lost: whoever needs to know looks for itself.

Two wires keep to this: NATS between machines (``wire_nats.py``), and LISTEN/NOTIFY of the database,
which suits the few processes of one machine (``wire_notify.py``).
"""

from enum import StrEnum
from typing import Protocol


class Brought(StrEnum):
    """What became of telling a gateway that an order waits."""

    HERE = "here"  # the gateway that holds the station heard it
    NOBODY = "nobody"  # no gateway on the wire holds the station
    SILENT = "silent"  # nobody answered in time


class Ear(Protocol):
    """Who listens at this end. All calls are brief."""

    def heard(self, word: bytes) -> None: ...

    def asked(self, station: str) -> bool:
        """An order waits for this station; whether we hold it."""
        ...

    def came_up(self) -> None:
        """The wire works, for the first time or again: much may have been missed."""
        ...

    def went_down(self) -> None: ...


class Wire(Protocol):
    """One end of the wire; ``name`` is the address at which this process is told."""

    name: str
    #: The longest word.
    bytes_max: int
    #: Whether ``bring`` finds the gateway that holds a station. If not, gateways listen themselves.
    brings_orders: bool

    @property
    def trouble(self) -> str:
        """Why the wire does not work now, as a sentence; empty while it does."""
        ...

    async def start(self, ear: Ear) -> None:
        """Begin to connect, and go on for as long as it takes."""
        ...

    async def stop(self) -> None: ...

    def tell(self, to: str, word: bytes) -> None:
        """Say a word to one process. While the wire is down, it is lost."""
        ...

    def tell_all(self, word: bytes) -> None: ...

    def hold(self, station: str) -> None:
        """From now on this process is asked for what is brought to the station."""
        ...

    def let_go(self, station: str) -> None: ...

    async def bring(self, station: str) -> Brought:
        """Tell the gateway that holds the station that an order waits."""
        ...
