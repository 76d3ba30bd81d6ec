"""The roof's commands: ``voltway serve | demo | replay | price | admin``."""
