"""The door for platforms that speak OCPI."""
