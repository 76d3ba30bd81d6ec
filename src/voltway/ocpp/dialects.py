"""The versions of OCPP that we speak, by the WebSocket subprotocol that names them."""

from typing import Final

from voltway.ocpp.dialect import Dialect
from voltway.ocpp.v16.dialect import Dialect16
from voltway.ocpp.v21.dialect import Dialect21
from voltway.ocpp.v201.dialect import Dialect201

#: Newest first: of several that a station offers, the first here is taken.
DIALECTS: Final[dict[str, Dialect]] = {
    dialect.subprotocol: dialect for dialect in (Dialect21(), Dialect201(), Dialect16())
}
