"""A thousand hostile sockets at the stations' door, and what the good stations notice of them."""
