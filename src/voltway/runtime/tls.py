"""Whom we trust where we call others by TLS."""

import ssl
from functools import cache

import httpx


@cache
def trusted() -> ssl.SSLContext:
    """The roots that ``httpx`` trusts, read once: that takes 27 ms, and a client that is opened for
    one question would read them for it."""
    return httpx.create_ssl_context(trust_env=False)
