"""Who would be told about an alert, when and why, on an effective Alertmanager configuration.

A restatement of what Alertmanager 0.28 does with an alert (routing, grouping, hours, inhibition), held to
it by ``tests/routes``. Pure: used by ``fireline route`` and wherever a configuration must be explained.
"""

from __future__ import annotations

from fireline.alerting.simulate.matchers import Matcher, parse_matchers
from fireline.alerting.simulate.routes import Route, route_tree
from fireline.alerting.simulate.silences import Silence
from fireline.alerting.simulate.told import Simulation, Told

__all__ = ["Matcher", "Route", "Silence", "Simulation", "Told", "parse_matchers", "route_tree"]
