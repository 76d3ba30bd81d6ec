"""The four ways a thing goes wrong, and who hears of it.

    Refusal      "no"         our rules decline a sound request    the asker, with the reason
    Outage       "not now"    the world outside did not answer     the retry, then an operator
    Violation    "nonsense"   a peer broke the protocol            the peer, by the protocol
    assert       "never"      we broke our own promise             us; the work is undone

Raise the most exact class you can. Its docstring is the message, and its fields fill the braces.
An error never carries a secret, a card number or a person's name.
"""

import re
from enum import Enum, auto
from typing import ClassVar


class Trouble(Exception):
    """What can go wrong and is told. Subclasses are ``@dataclass(eq=False)``."""

    @property
    def code(self) -> str:
        """A stable name for machines: ``TokenBlocked`` is ``token_blocked``."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    @classmethod
    def sentence(cls) -> str:
        """The message, with braces for the fields."""
        return " ".join((cls.__doc__ or "").split())

    def __str__(self) -> str:
        return self.sentence().format(**vars(self))


class Kind(Enum):
    """Why a request is refused. Each door (HTTP, OCPP, OCPI) has its own words for these."""

    INVALID = auto()
    FORBIDDEN = auto()
    ABSENT = auto()
    CONFLICT = auto()
    LIMIT = auto()


class Refusal(Trouble):
    """Our rules decline a sound request."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class Outage(Trouble):
    """The world outside did not answer."""


class Violation(Trouble):
    """A peer broke the protocol."""


class Misconfigured(Trouble):
    """What the person who starts Voltway must mend; the command line prints it and exits with 2.

    Not a fifth family at work: it is raised only before anything is served.
    """
