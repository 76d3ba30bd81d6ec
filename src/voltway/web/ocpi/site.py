"""All that OCPI serves."""

from typing import Final

from voltway.web.ocpi import credentials, places, terminals

OCPI: Final = (
    terminals.versions,
    terminals.endpoints,
    credentials.read,
    credentials.register,
    credentials.update,
    credentials.unregister,
    terminals.tell_terminal,
    terminals.read_terminal,
    terminals.start_session,
    terminals.stop_session,
    terminals.confirm,
    terminals.read_confirmation,
    terminals.cdrs,
    places.locations,
    places.location,
    places.list_tariffs,
)
