"""Locations, stations and EVSEs: what they told and what we asked of them."""
