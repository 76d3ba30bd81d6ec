"""Calling servers of this machine, which speak without TLS."""

import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final

import httpx

#: Trusts nobody: to read whom to trust takes 27 ms a client, and nobody here shows a certificate.
_NOBODY: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def a_line(**more: Any) -> httpx.AsyncClient:
    """A client of ``httpx`` that asks no settings of this machine, and speaks no TLS."""
    return httpx.AsyncClient(verify=_NOBODY, trust_env=False, **more)


def of_many(**more: Any) -> httpx.AsyncClient:
    """A line that many people share: it keeps no cookie, so each request is of a browser of its
    own."""
    return a_line(cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())), **more)
