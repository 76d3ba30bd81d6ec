"""Settlements, CDRs and receipts: from a session's end to a bill that anyone can check."""
