"""How Stripe says no: a type, a code, a sentence, and which parameter it is about."""

from typing import Any

from voltway_world.provider.books import Refused

#: What the books call it, and what Stripe calls it.
_CODES = {"invalid_state": "payment_intent_unexpected_state", "not_found": "resource_missing"}


class Refusing(Refused):
    """A no that only this shape knows."""

    def __init__(
        self, code: str, message: str, param: str | None = None, status: int = 400
    ) -> None:
        super().__init__(status, code, message)
        self.param = param


def body_of(refused: Refused) -> dict[str, Any]:
    """The body of a no; one of the books is said in Stripe's words."""
    code = _CODES.get(refused.code, refused.code)
    error: dict[str, Any] = {
        "type": _type(refused),
        "code": code,
        "message": refused.message,
    }
    if code == "card_declined":
        error["decline_code"] = "generic_decline"
    param = getattr(refused, "param", None)
    if param is not None:
        error["param"] = param
    if refused.code == "idempotency_mismatch":
        del error["code"]
    return {"error": error}


def status_of(refused: Refused) -> int:
    """Only what a bank says no to is 402 here, and what an object is not ready for is 400."""
    if refused.code == "card_declined":
        return 402
    return 400 if refused.status in (402, 409) else refused.status


def _type(refused: Refused) -> str:
    match refused.code:
        case "card_declined" | "authentication_required":
            return "card_error"
        case "idempotency_mismatch":
            return "idempotency_error"
        case _:
            return "invalid_request_error"
