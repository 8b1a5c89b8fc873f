"""What prometheus-operator and Alertmanager refuse, found before anything is written.

Two questions, with different consequences:

- :func:`refused`: prometheus-operator leaves this one AlertmanagerConfig out. Its owner is not told, since
  it writes no status; nobody else is hurt.
- :func:`breaks_everything`: prometheus-operator takes the object, and then either cannot make a
  configuration at all or makes one that Alertmanager does not load. From then on no change of anybody
  arrives. Nothing may be written for which this has an answer.

:func:`refused_base` asks the same of the Alertmanager's own configuration.
"""

from __future__ import annotations

from fireline.alerting.effective.refusals.base import refused_base
from fireline.alerting.effective.refusals.breaking import breaks_everything, misread, must_exist
from fireline.alerting.effective.refusals.refusing import OLDEST, refused

__all__ = ["OLDEST", "breaks_everything", "misread", "must_exist", "refused", "refused_base"]
