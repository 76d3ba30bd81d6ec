"""A driver's VAT number, typed at a terminal (OCPP 2.1, C18.FR.08 to FR.10): the register is asked
after the commit, for this station alone."""

import asyncio
import re
from typing import Final

import structlog
from msgspec.structs import replace

from voltway.billing.registers import RegisterSilent, VatRegister
from voltway.stations.reports import Decision, Report, VatAsked

log = structlog.get_logger("voltway.ocpp")

#: Below the 30 s after which stations give up a call.
ASKED_S_MAX: Final = 10.0
_VAT_ID: Final = re.compile(r"[A-Z]{2}[A-Z0-9+*]{2,12}")


def number_in(reports: object) -> str | None:
    """The VAT number that a message asks about, if it does."""
    first: Report | None = reports[0] if isinstance(reports, list) and reports else None
    return first.number if isinstance(first, VatAsked) else None


async def judged(register: VatRegister | None, decision: Decision, number: str) -> Decision:
    """What the register says of a number. Never raises: who cannot be asked has said no yes."""
    vat_id = re.sub(r"[\s.\-/]", "", number).upper()
    if not _VAT_ID.fullmatch(vat_id):
        return replace(decision, vat="invalid")
    if register is None:
        return replace(decision, vat="silent")
    try:
        async with asyncio.timeout(ASKED_S_MAX):
            found = await register.ask(vat_id)
    except (RegisterSilent, TimeoutError):
        return replace(decision, vat="silent")
    except Exception:
        log.exception("register_failed")
        return replace(decision, vat="silent")
    return replace(decision, vat="valid" if found.valid else "invalid")
