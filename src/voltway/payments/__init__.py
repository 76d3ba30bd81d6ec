"""Holds, captures, refunds: what we ask of payment providers, and what they did."""
