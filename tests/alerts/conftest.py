"""Alerts are tested on a bay with a driver's card, and a mail server that keeps every mail."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.payments.conftest import bank, provider, scene
from voltway_world.mail import MailCatcher

__all__ = ["bank", "mail", "provider", "scene"]


@pytest.fixture
async def mail(tmp_path: Path) -> AsyncIterator[MailCatcher]:
    async with MailCatcher(tmp_path / "mail") as catcher:
        yield catcher
