"""Where the embedded PostgreSQL of a Voltway that runs now is found, for commands beside it."""

from pathlib import Path
from typing import Final

from voltway.runtime.postgres_account import POINTER
from voltway.runtime.postgres_cluster import DATABASE, OWNER

#: Lines of ``postmaster.pid``, from 0: the folder of the socket, and the server's state.
SOCKET_LINE: Final = 4
STATE_LINE: Final = 7


def address_of_running(folder: Path) -> str | None:
    """The address of the server that another process runs on this data folder, if it is ready.

    Only the account that runs it, or root, can read it: nobody else may use the server either.
    """
    folder = folder.absolute()
    pointer = folder / POINTER
    home = Path(pointer.read_text().strip()) if pointer.exists() else folder
    try:
        lines = (home / "postgres" / "postmaster.pid").read_text().splitlines()
    except OSError:
        return None
    if len(lines) <= STATE_LINE or lines[STATE_LINE].strip() != "ready":
        return None
    return f"postgresql://{OWNER}@/{DATABASE}?host={lines[SOCKET_LINE].strip()}"
