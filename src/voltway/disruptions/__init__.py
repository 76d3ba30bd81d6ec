"""What keeps drivers from charging: found by rules, told when it lasts, and its end too."""
