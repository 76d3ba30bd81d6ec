"""Signed meter data: keys of meters, what a signature proves, and what may be billed from it."""
