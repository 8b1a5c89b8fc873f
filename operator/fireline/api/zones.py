"""Which time zones there are: the IANA names, the same on every machine.

The ``checks`` of every kind refuse others; what comes after may use ``zoneinfo`` without a thought.
The list comes from the package ``tzdata``, which also brings the rules of the zones to images that
have none; what a machine itself calls ``localtime`` or ``posix/UTC`` is no zone two machines agree on.
"""

from __future__ import annotations

import difflib
from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def zones() -> frozenset[str]:
    """Every name, about 600 of them."""
    return frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split())


def alike(name: str) -> str | None:
    """The zone whose name is most like this one, if any is: same place, or nearly the same spelling."""
    place = name.rpartition("/")[2].casefold()
    same = sorted((zone for zone in zones() if zone.rpartition("/")[2].casefold() == place), key=len)
    close = difflib.get_close_matches(name, sorted(zones()), n=1, cutoff=0.75)
    return next(iter(same + close), None)
