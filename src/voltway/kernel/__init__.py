"""The rock: units, money, ids, errors and facts. Touches nothing outside itself."""
