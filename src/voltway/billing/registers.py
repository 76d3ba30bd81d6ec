"""The register of VAT ids: who is registered, as the tax offices of the union tell it (VIES)."""

from dataclasses import dataclass
from typing import Final, Protocol

from voltway.kernel.errors import Outage


@dataclass(frozen=True, slots=True)
class Registered:
    """What the register says of a VAT id. Some countries tell no name."""

    valid: bool
    name: str | None = None


NO_ANSWER: Final = "no answer came"
NO_SENSE: Final = "its answer made no sense"


@dataclass(eq=False)
class RegisterSilent(Outage):
    """The register of VAT ids could not be asked: {why}."""

    why: str


class VatRegister(Protocol):
    """Asked before the tax of a supply passes to its buyer."""

    async def ask(self, vat_id: str) -> Registered:
        """Whether this id is registered now. Raises ``RegisterSilent``."""
        ...
