"""The simulated provider in Mollie's shape: the same books for another package."""
