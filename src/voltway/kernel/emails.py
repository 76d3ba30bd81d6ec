"""E-mail addresses: what is one."""

import re
from dataclasses import dataclass
from typing import ClassVar, Final

from voltway.kernel.errors import Kind, Refusal

#: As browsers take it (HTML, "valid e-mail address"), but for what a mail's header would read as
#: something else: doubled dots and encoded words.
_EMAIL: Final = re.compile(
    r"(?=.{3,254}\Z)[\w!#$%&'*+/=^`{|}~-]+(\.[\w!#$%&'*+/=^`{|}~-]+)*"
    r"@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*",
    re.ASCII,
)


@dataclass(eq=False)
class NotAnEmail(Refusal):
    """This does not look like an e-mail address."""

    kind: ClassVar[Kind] = Kind.INVALID


def is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


def must_be_email(text: str) -> None:
    """Raises ``NotAnEmail``."""
    if not is_email(text):
        raise NotAnEmail
