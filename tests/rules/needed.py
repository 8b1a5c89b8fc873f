"""Cuts rules down to those a test looks at: promtool evaluates every rule at every step, which is its cost.

For stories of days. That every rule of an SLO can be evaluated is shown by the tests of shorter ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from fireline.api.plan import Manifest

Rule = Mapping[str, Any]
_WORD = re.compile(r"[a-zA-Z_:][\w:]*")


def needed(rules: Manifest, wanted: Callable[[Rule], bool]) -> Manifest:
    """The wanted rules and all they read, in their places: each of them finds what it did among all.

    What a rule reads is told by its words, so rather too much is kept. Raises AssertionError for a rule
    that reads series by a pattern of names.
    """
    every = [rule for group in rules["groups"] for rule in group["rules"]]
    left = [rule for rule in every if wanted(rule)]
    assert left, "no rule is wanted"
    kept = {id(rule) for rule in left}
    while left:
        expr = left.pop()["expr"]
        assert "__name__" not in expr, expr
        words = set(_WORD.findall(expr))
        read = [rule for rule in every if rule.get("record") in words and id(rule) not in kept]
        kept |= {id(rule) for rule in read}
        left += read
    groups = (
        {**group, "rules": [one for one in group["rules"] if id(one) in kept]} for group in rules["groups"]
    )
    return {**rules, "groups": [group for group in groups if group["rules"]]}
