"""Alerts: what a person must know, and whether it reached them."""
