"""``make golden``: writes the golden files anew, after a change of the rules that was meant."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.golden.alert_rule_files import ALERT_RULES, wanted_alert_rules
from tests.golden.check_files import CHECKS
from tests.golden.check_files import wanted as wanted_checks
from tests.golden.cronjob_files import CRON_JOBS
from tests.golden.cronjob_files import wanted as wanted_cron_jobs
from tests.golden.files import ROOT, RULES, wanted
from tests.golden.policy_files import POLICIES
from tests.golden.policy_files import wanted as wanted_policies
from tests.golden.postmortem_files import POSTMORTEMS
from tests.golden.postmortem_files import wanted as wanted_postmortems


def main() -> None:
    """Write what changed, remove what no spec asks for, and say which."""
    _update(RULES, wanted())
    _update(ALERT_RULES, wanted_alert_rules())
    _update(POLICIES, wanted_policies())
    _update(CHECKS, wanted_checks())
    _update(CRON_JOBS, wanted_cron_jobs())
    _update(POSTMORTEMS, wanted_postmortems())


def _update(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in sorted(files.items()):
        file = folder / name
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
            print(f"wrote {file.relative_to(ROOT)}")
    for file in sorted(folder.glob("*.yaml")):
        if file.name not in files:
            file.unlink()
            print(f"removed {file.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
