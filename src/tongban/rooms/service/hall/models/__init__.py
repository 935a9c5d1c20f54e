"""The hall's tables."""

from tongban.rooms.service.hall.models.applications import Draft, Saving
from tongban.rooms.service.hall.models.licences import Licence, LicenceChange
from tongban.rooms.service.hall.models.matters import CatalogueItem, Matter, MatterVersion, Synonym
from tongban.rooms.service.hall.models.negative import NegativeEntry
from tongban.rooms.service.hall.models.ratings import Rating, RatingInvitation

__all__ = [
    "CatalogueItem", "Draft", "Licence", "LicenceChange", "Matter", "MatterVersion", "NegativeEntry", "Rating", "RatingInvitation",
    "Saving", "Synonym",
]  # fmt: skip
