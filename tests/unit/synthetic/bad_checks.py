"""Wrong SyntheticChecks and the exact words their authors read.

tests/cluster asks the real API server about every one of them.
"""

from __future__ import annotations

from tests.unit.synthetic.bad_checks_answers import ANSWERS
from tests.unit.synthetic.bad_checks_schema import SCHEMA
from tests.unit.synthetic.bad_checks_steps import STEPS

BAD_CHECKS = (*SCHEMA, *STEPS, *ANSWERS)
