"""The benchmark: the house beside two yardsticks, in the same run. ``python -m bench`` says how."""
