"""Checks notification templates before Alertmanager gets them. Pure.

Alertmanager loads a configuration with a broken template and fails when it sends the first message, which is
then lost. :func:`check_template` never accepts what Alertmanager 0.28 could not expand; in return it refuses
some templates that would only fail for some messages, and says how else to write them.
"""

from __future__ import annotations

from fireline.alerting.templates.faults import TemplateFault, placed
from fireline.alerting.templates.markup import check_markup
from fireline.alerting.templates.meaning import check
from fireline.alerting.templates.parser import parse

__all__ = ["check_template"]


def check_template(text: str, *, html: bool = False) -> str | None:
    """What is wrong with a template, where, and how to write it; None when it can be sent.

    ``text`` is a field of a receiver as Alertmanager 0.28 expands it, with the notification as its dot;
    ``html`` for the fields it expands as HTML.
    """
    try:
        parsed = parse(text)
        check(parsed)
        if html:
            check_markup(parsed)
    except TemplateFault as fault:
        return placed(text, fault)
    return None
