"""What drivers report of bays, and what became of it. See README.md."""
