"""The same provider in Stripe's shape: its API, objects and webhooks, over the same books."""
