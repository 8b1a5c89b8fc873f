"""Wrong AlertPolicies and the exact words their authors read.

tests/cluster asks the real API server about every one of them. Alert rules have a table of their own,
tests/unit/alerting/rules/bad_rules.py.
"""

from __future__ import annotations

from tests.unit.alerting.bad_policies_receivers import RECEIVERS
from tests.unit.alerting.bad_policies_rest import ESCALATION, REST
from tests.unit.alerting.bad_policies_severities import SEVERITIES, SHAPE
from tests.unit.alerting.bad_policies_times import TIMES

BAD_POLICIES = (*SHAPE, *SEVERITIES, *RECEIVERS, *ESCALATION, *TIMES, *REST)
