"""Phone numbers that take texts: a code goes to one, and whoever types it has that phone."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

import phonenumbers
from phonenumbers import PhoneNumberType

from voltway.alerts import store_numbers
from voltway.alerts.model import Alert, AlertState, Template
from voltway.alerts.model_events import Channel
from voltway.alerts.model_numbers import Number, NumberCode, shown
from voltway.alerts.queueing import queue
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import AlertId, OnceKey, PartyId, new_id
from voltway.parties import actions as parties
from voltway.runtime.work import Work

CODE_DIGITS: Final = 6
CODE_LASTS: Final = timedelta(minutes=10)
#: So often something else may be typed before a code is worth nothing.
WRONG_MAX: Final = 5
#: So many codes go to one person, and to one number, in a day: each costs money, and may go to a
#: stranger.
CODES_A_DAY: Final = 5
DAY: Final = timedelta(days=1)
TYPED_LENGTH_MAX: Final = 40

_NO_TEXTS: Final = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
    }
)


@dataclass(eq=False)
class NotANumber(Refusal):
    """This is no phone number. Write it with its country, such as +358 40 123 4567."""

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(eq=False)
class TakesNoTexts(Refusal):
    """{number} takes no texts: it is not the number of a mobile phone."""

    kind: ClassVar[Kind] = Kind.INVALID

    number: str


@dataclass(eq=False)
class TooManyTexts(Refusal):
    """Some codes were sent already. Please use the last one, or try again tomorrow."""

    kind: ClassVar[Kind] = Kind.LIMIT


def read(typed: str, country: str) -> str:
    """A number as somebody in this country (ISO 3166) types it, as E.164. Raises ``NotANumber``
    and ``TakesNoTexts``."""
    try:
        found = phonenumbers.parse(typed[:TYPED_LENGTH_MAX], country)
    except phonenumbers.NumberParseException:
        raise NotANumber from None
    if not phonenumbers.is_valid_number(found) or found.extension:
        raise NotANumber
    number = phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
    if phonenumbers.number_type(found) in _NO_TEXTS:
        raise TakesNoTexts(shown(number))
    return number


async def ask(work: Work, party: PartyId, holder: str, typed: str, locale: str) -> NumberCode:
    """Send a code to a number. The one that is in use stays until the code was typed. Raises
    ``NotANumber``, ``TakesNoTexts`` and ``TooManyTexts``."""
    country = (await parties.party(work, party)).country_code
    number = read(typed, country)
    await store_numbers.forget_codes(work, work.now - DAY)
    of_holder, of_number = await store_numbers.count_codes(work, holder, number)
    if max(of_holder, of_number) >= CODES_A_DAY:
        raise TooManyTexts
    code = NumberCode(
        id=new_id(work.now),
        holder=holder,
        number=number,
        code=f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}",
        made_at=work.now,
        until=work.now + CODE_LASTS,
    )
    await store_numbers.add_code(work, code)
    await queue(work, [_text(work, party, code, locale)])
    return code


def _text(work: Work, party: PartyId, code: NumberCode, locale: str) -> Alert:
    return Alert(
        id=AlertId(new_id(work.now)),
        party=party,
        once=OnceKey(f"number:{code.id}"),
        recipient=code.number,
        template=Template.NUMBER,
        locale=locale,
        payment=None,
        invoice=None,
        state=AlertState.QUEUED,
        created_at=work.now,
        next_try_at=work.now,
        channel=Channel.SMS,
        holder=code.holder,
    )


async def confirm(work: Work, holder: str, typed: str) -> bool:
    """Whether this is a good code of this person; if it is, its number is theirs from now on. What
    is wrong counts."""
    said = "".join(sign for sign in typed if sign.isdigit())
    codes = await store_numbers.lock_codes(work, holder, WRONG_MAX)
    good = [each for each in codes if hmac.compare_digest(each.code.encode(), said.encode())]
    if not good:
        await store_numbers.was_wrong(work, holder)
        return False
    await store_numbers.keep(
        work, Number(holder=holder, number=good[0].number, verified_at=work.now)
    )
    await store_numbers.end_codes(work, holder)
    return True


async def waiting(work: Work, holder: str) -> NumberCode | None:
    """The newest code that this person can still type."""
    codes = await store_numbers.lock_codes(work, holder, WRONG_MAX)
    return codes[0] if codes else None


async def number_of(work: Work, holder: str) -> Number | None:
    return await store_numbers.number_of(work, holder)


async def remove(work: Work, holder: str) -> None:
    """Send no more texts to this person."""
    await store_numbers.remove(work, holder)
