"""For what kind of driver a price is asked, by the token that was shown."""

from voltway.drivers.model import Token, TokenKind
from voltway.tariffs.model_versions import DriverKind


def kind_of(token: Token) -> DriverKind:
    """A car that shows itself charges on its driver's contract."""
    return DriverKind.CONTRACT if token.kind is TokenKind.VEHICLE else DriverKind(token.kind)
