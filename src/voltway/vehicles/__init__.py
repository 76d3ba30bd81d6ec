"""Cars: what they can take, and how long that lasts. See README.md."""
