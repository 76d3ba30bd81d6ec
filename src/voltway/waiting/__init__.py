"""Waiting for a bay: who is told when one is free. See README.md."""
