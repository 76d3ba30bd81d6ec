"""The backend of an EV maker whose account pays: the other side of the partners' API."""

from voltway_world.maker.platform import Maker, MakersApp

__all__ = ["Maker", "MakersApp"]
