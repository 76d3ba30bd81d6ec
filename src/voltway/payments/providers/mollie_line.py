"""The line to Mollie: its own SDK over httpx, and what becomes of its errors.

The SDK tries nothing again by itself: what was asked without an answer is noted, and the house asks
again. Mollie keeps a key for an hour, and wants it to be a UUID; so a deed that may be asked again
later than that looks first whether it was done.
"""

import hashlib
import uuid
from collections.abc import Awaitable
from typing import Final, TypeVar

import httpx
import msgspec
from mollie import ClientSDK, models

from voltway.kernel.ids import OnceKey
from voltway.payments.provider import Declined, ProviderSilent
from voltway.runtime import tls

#: What these statuses say is no answer to the order: our key, its pace, or a fault of its own.
NO_ANSWER: Final = frozenset({401, 403, 409, 429})

T = TypeVar("T")


class _Trouble(msgspec.Struct):
    """How Mollie says no (https://docs.mollie.com/reference/error-handling)."""

    detail: str = ""
    field: str = ""


class Line:
    """Speaks to one account. Close it when the house closes."""

    def __init__(self, name: str, *, secret: str, url: str, timeout_s: float) -> None:
        self.name = name
        self._http = httpx.AsyncClient(timeout=timeout_s, trust_env=False, verify=tls.trusted())
        self.sdk = ClientSDK(
            security=models.Security(api_key=secret),
            server_url=url.rstrip("/") or None,
            async_client=self._http,
            retry_config=None,
            timeout_ms=int(timeout_s * 1000),
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def ask(self, asking: Awaitable[T]) -> T | Declined:
        """Raises ``ProviderSilent`` where nobody knows whether anything was done."""
        try:
            return await asking
        except models.ResponseValidationError as error:
            raise ProviderSilent(self.name, "its answer cannot be read") from error
        except models.ClientError as error:
            if error.status_code in NO_ANSWER or error.status_code >= 500:
                raise ProviderSilent(self.name, f"status {error.status_code}") from error
            return declined(error)
        except models.NoResponseError as error:
            raise ProviderSilent(self.name, "no answer came") from error
        except httpx.TimeoutException as error:
            raise ProviderSilent(self.name, "it took too long") from error
        except httpx.ConnectError as error:
            raise ProviderSilent(self.name, "it cannot be reached") from error
        except httpx.HTTPError as error:
            raise ProviderSilent(self.name, "the connection broke") from error


def key(once: OnceKey) -> str:
    """Our key as the UUID that Mollie wants."""
    return str(uuid.UUID(bytes=hashlib.sha256(once.encode()).digest()[:16], version=4))


def declined(error: models.ClientError) -> Declined:
    """A no in our words. Mollie has no codes, but names the field that it does not like."""
    try:
        told = msgspec.json.decode(error.body, type=_Trouble)
    except msgspec.DecodeError:
        told = _Trouble()
    match error.status_code, told.field:
        case 404, _:
            code = "not_found"
        case _, "amount" | "amount.value":
            code = "amount_too_large"
        case _, "":  # nothing of what was asked is wrong: it is not possible now
            code = Declined.MOVED_ON
        case _:
            code = "invalid_request"
    return Declined(code, told.detail or "Mollie gave no reason.")
