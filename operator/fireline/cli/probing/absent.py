"""Series that are not there: which word is wrong, and what there is instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from fireline.api.issues import Issue
from fireline.cli.probing.catalog import Catalog
from fireline.cli.probing.parts import Part
from fireline.promql.selectors import Matcher, Selector

_LISTED = 10


async def absent(part: Part, catalog: Catalog) -> Issue | None:
    """Why a field has no data now; None when it has some."""
    if await catalog.exists(part.expression):
        return None
    why = [words for selector in dict.fromkeys(part.selectors) if (words := await missing(selector, catalog))]
    if not why:
        why = ["yields nothing now, though each of its series is there: do the labels on both sides match?"]
    text = "; ".join(why)
    if part.need == "Bad":
        return Issue("NoSeries", part.at, f"{text}: fine when it never happened yet", note=True)
    if part.need == "Events":
        text += ": while there is traffic, all of it would count as bad"
    return Issue("NoSeries", part.at, text)


async def missing(selector: Selector, catalog: Catalog) -> str:
    """Why no series matches a selector, in words; empty when some do."""
    if await catalog.exists(str(selector)):
        return ""
    bare = Selector(selector.metric)
    if not await catalog.exists(str(bare)):
        close = nearest(selector.metric, await catalog.label_values("__name__"))
        return (
            f"there is no series of {selector.metric} now{f'; did you mean {or_(close)}?' if close else ''}"
        )
    culprits = [one for one in selector.matchers if await catalog.exists(str(_without(selector, one)))]
    if not culprits:
        return (
            f"{selector.metric} exists, but no series matches {_list(map(str, selector.matchers))} together"
        )
    reasons = [await _mismatch(_without(selector, one), one, catalog) for one in culprits]
    return f"{selector.metric} exists, but {'; or '.join(reasons)}"


async def _mismatch(others: Selector, wrong: Matcher, catalog: Catalog) -> str:
    """What the series that match all but one matcher have instead."""
    values = await catalog.label_values(wrong.label, others)
    if not values:
        labels = await catalog.label_names(others)
        close = nearest(wrong.label, labels)
        hint = f"did you mean {or_(close)}?" if close else f"labels there: {_list(labels)}"
        return f"none of its series has a label {wrong.label}; {hint}"
    close = nearest(wrong.value, values) if wrong.op == "=" else []
    hint = f"; did you mean {or_(close)}?" if close else ""
    return f"no series matches {wrong}; values of {wrong.label}: {_list(values)}{hint}"


def nearest(word: str, words: Sequence[str]) -> list[str]:
    """The words somebody may have meant, the most similar first: none that is much less so than the best."""
    close = difflib.get_close_matches(word, words, n=3, cutoff=0.75)
    alike = [difflib.SequenceMatcher(None, word, one).ratio() for one in close]
    return [one for one, ratio in zip(close, alike, strict=True) if ratio > alike[0] - 0.05]


def or_(words: Sequence[str]) -> str:
    """``a, b or c``."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def _without(selector: Selector, matcher: Matcher) -> Selector:
    return Selector(selector.metric, tuple(one for one in selector.matchers if one != matcher))


def _list(words: Iterator[str] | Sequence[str]) -> str:
    listed = list(words)
    more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    return ", ".join(listed[:_LISTED]) + more if listed else "none"
