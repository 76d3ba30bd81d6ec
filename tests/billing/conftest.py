"""Billing is tested on a bay with a driver's card: the scene of the payments."""

from tests.payments.conftest import bank, provider, scene

__all__ = ["bank", "provider", "scene"]
