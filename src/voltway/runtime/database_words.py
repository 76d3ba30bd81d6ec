"""What a person is told of a database that cannot be used: where it is, and why not."""

from urllib.parse import urlsplit

from voltway.runtime.hosts import hosts


def where(url: str) -> str:
    """The address without the account's password, fit to be shown. What is no address is not
    shown at all: the password may be anywhere in it."""
    if len(several := hosts(url).addresses) > 1:
        return " and ".join(map(where, several))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "its address"
    if parts.scheme not in ("postgresql", "postgres"):
        return "its address"
    return f"{parts.hostname or 'the local socket'}{f':{port}' if port else ''}{parts.path}"


def said(reason: BaseException) -> str:
    if isinstance(reason, TimeoutError):
        return "it does not answer"
    if isinstance(reason, ConnectionRefusedError):
        return "nobody listens there"
    if isinstance(reason, OSError):
        return (reason.strerror or "it cannot be reached").lower()
    if isinstance(reason, ValueError):
        # Not its words: they cite the address, and so perhaps the password.
        return "an address is written postgresql://ACCOUNT:PASSWORD@HOST/DATABASE"
    return str(reason).split("\n", 1)[0].rstrip(".") or type(reason).__name__
