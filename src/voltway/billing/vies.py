"""The register of VAT ids over its REST interface: VIES of the European Commission.

``GET /ms/{country}/vat/{number}`` answers with ``isValid`` and, in ``userError``, why it could not
say: a country whose own register is closed, or too many questions at once. That is no "no".
"""

from typing import Final

import aiohttp
import msgspec

from voltway.billing.registers import NO_ANSWER, NO_SENSE, Registered, RegisterSilent

#: Words of ``userError`` that are an answer; every other one is none.
ANSWERS: Final = frozenset({"VALID", "INVALID", "INVALID_INPUT"})
TIMEOUT_S: Final = 8.0
BYTES_MAX: Final = 65_536


class _Said(msgspec.Struct, rename="camel"):
    is_valid: bool
    user_error: str = "VALID"
    name: str | None = None


class Vies:
    """Asks the register at this address, such as
    ``https://ec.europa.eu/taxation_customs/vies/rest-api``. Asked seldom, so each question has a
    line of its own."""

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self._url = url.rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    async def ask(self, vat_id: str) -> Registered:
        """Whether this id is registered now. Raises ``RegisterSilent``."""
        address = f"{self._url}/ms/{vat_id[:2]}/vat/{vat_id[2:]}"
        try:
            async with (
                aiohttp.ClientSession(timeout=self._timeout) as client,
                client.get(address, allow_redirects=False) as answer,
            ):
                if answer.status != 200:
                    raise RegisterSilent(f"it answered {answer.status}")
                raw = await answer.content.read(BYTES_MAX)
            said = msgspec.json.decode(raw, type=_Said)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise RegisterSilent(NO_ANSWER) from error
        except msgspec.MsgspecError as error:
            raise RegisterSilent(NO_SENSE) from error
        if said.user_error not in ANSWERS:
            raise RegisterSilent(f"it said {said.user_error[:40]}")
        name = (said.name or "").strip("- ")
        return Registered(valid=said.is_valid, name=name or None)
