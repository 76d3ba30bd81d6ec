"""In which language somebody is told: the one that they chose in their account; else the one of the
page on which they asked for what they are told of."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final, Protocol, TypeVar

from voltway.alerts.model import Alert, Template
from voltway.drivers import languages
from voltway.runtime.work import Work

#: Letters to drivers. Owners read English, and a customer or host what was agreed with them; a code
#: is in the language of the page on which it was asked for.
TO_DRIVERS: Final = frozenset(
    {
        Template.RECEIPT,
        Template.NOT_CHARGED,
        Template.METHOD_REFUSED,
        Template.ANSWER,
        Template.FREE,
        Template.OUTRUN,
        Template.CLOSED,
    }
)


class Told(Protocol):
    """Somebody with an address, or what somebody asked for under one."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def email(self) -> str | None: ...

    @property
    def locale(self) -> str: ...


T = TypeVar("T", bound=Told)


async def speaking(work: Work, them: Sequence[T]) -> list[T]:
    """The same, each in the language of their account, where they chose one there."""
    spoken = await languages.told_in(work, {each.email for each in them if each.email})
    return [
        replace(each, locale=spoken[each.email.lower()])
        if each.email and _differs(spoken.get(each.email.lower()), each.locale)
        else each
        for each in them
    ]


async def letters_speaking(work: Work, alerts: Sequence[Alert]) -> list[Alert]:
    """These letters, those to drivers in the language of their accounts."""
    theirs = {each.recipient for each in alerts if each.template in TO_DRIVERS}
    spoken = await languages.told_in(work, theirs) if theirs else {}
    return [
        replace(each, locale=spoken[each.recipient.lower()])
        if each.template in TO_DRIVERS and _differs(spoken.get(each.recipient.lower()), each.locale)
        else each
        for each in alerts
    ]


def _differs(spoken: str | None, locale: str) -> bool:
    """``de-AT`` speaks ``de`` already, and writes figures as it is used to."""
    return spoken is not None and spoken != locale.partition("-")[0]
