"""SVG elements: escaped by construction, numbers short, and lines no finer than the picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.etree import ElementTree as ET

Element = ET.Element
NAMESPACE = "http://www.w3.org/2000/svg"


def add(parent: Element, tag: str, text: str | None = None, **attributes: float | str) -> Element:
    """A new child. ``class_`` is class, ``_`` in names is ``-``; numbers are rounded to a tenth."""
    names = {name.rstrip("_").replace("_", "-"): short(value) for name, value in attributes.items()}
    child = ET.SubElement(parent, tag, names)
    child.text = text
    return child


def short(value: float | str) -> str:
    """A number without noise: ``12.3``, ``12``."""
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")


def thinned(points: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Points in order of x, reduced to what can be seen: first, lowest, highest and last of each pixel."""
    column: list[tuple[float, float]] = []
    for point in points:
        if column and int(point[0]) != int(column[0][0]):
            yield from _visible(column)
            column = []
        column.append(point)
    yield from _visible(column)


def _visible(column: list[tuple[float, float]]) -> list[tuple[float, float]]:
    if not column:
        return []
    wanted = {
        0,
        len(column) - 1,
        min(range(len(column)), key=lambda index: column[index][1]),
        max(range(len(column)), key=lambda index: column[index][1]),
    }
    return [column[index] for index in sorted(wanted)]


def path(runs: Iterable[Iterable[tuple[float, float]]]) -> str:
    """A path of several lines: where there are no values there is no line."""
    parts = []
    for run in runs:
        places = [f"{short(x)} {short(y)}" for x, y in thinned(run)]
        if len(places) == 1:
            places *= 2
        if places:
            parts.append("M" + "L".join(places))
    return "".join(parts)


def text_of(root: Element) -> str:
    """The element as XML text."""
    return ET.tostring(root, encoding="unicode")
