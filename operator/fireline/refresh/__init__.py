"""The loops that keep figures fresh: between the app and the rooms, because they join two of them."""

from fireline.refresh.refresher import Refresher

__all__ = ["Refresher"]
