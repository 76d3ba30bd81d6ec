"""Tariffs: the complete OCPI model, and the one way to a price."""
