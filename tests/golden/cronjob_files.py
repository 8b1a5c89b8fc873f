"""Golden files of SyntheticChecks: the CronJob of each, with what its fields are there for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from fireline.api.stamp import stamp
from fireline.synthetic.checks import read
from fireline.synthetic.compile import compile_check
from fireline.synthetic.render import key_of, render_cron_job
from tests.golden.files import HERE, ROOT, document
from tests.rules.specs import SETTINGS
from tests.unit.synthetic.specs import SETTINGS as CHECK_SETTINGS

CRON_JOBS = HERE / "cronjobs"
SPECS = HERE / "cronjob-specs"
_EXAMPLES = ROOT / "examples" / "synthetic"
SOURCES = (_EXAMPLES / "health.yaml", _EXAMPLES / "event.yaml", *sorted(SPECS.glob("*.yaml")))

_NOTES: Mapping[str, str] = {
    "schedule": "in UTC; that of `every` is spread by the check's name, so that not all start at once",
    "concurrencyPolicy": "a run that is not over is waited for, and its next one skipped",
    "startingDeadlineSeconds": "a run that cannot start in time is left out, not made up for",
    "successfulJobsHistoryLimit": "results stay readable while the operator is away for a quarter of an hour",
    "backoffLimit": "a run counts as it went; what is tried again are steps, within it",
    "automountServiceAccountToken": "a check has no business with the API server",
    "enableServiceLinks": "no variables but its own",
    "runAsNonRoot": "what follows is what the restricted Pod Security Standard asks for",
    "terminationMessagePath": "the result: the operator reads it from the status of the pod",
    "env": "what it is to do; values of secrets are in no field, the pod gets them from the Secret",
    "volumes": "the one place it can write to",
}
"""By field: why it is there."""
_DEADLINES = (
    "for a pod that no node takes: this deadline deletes the pod, and with it the result",
    "so the pod has a shorter one: a minute to start, steps, sweep and cleanup, and 10 s",
)


def wanted() -> dict[str, str]:
    """Golden files by name, one for each spec."""
    return {f"{file.stem}.yaml": _of(file) for file in SOURCES}


def _of(file: Path) -> str:
    manifest = yaml.safe_load(file.read_text())
    given, issues = read(manifest, settings=CHECK_SETTINGS)
    assert given is not None, issues
    check = compile_check(given)
    rendered = render_cron_job(check, CHECK_SETTINGS, uid=None, instance=SETTINGS.instance)
    stamped = stamp(rendered, key=key_of(check), parent=manifest, instance=SETTINGS.instance)
    head = f"The CronJob of the check in {file.relative_to(ROOT)}."
    return _annotated(document([head], stamped))


def _annotated(text: str) -> str:
    """With a comment above each field that has one, the first time it comes."""
    for field, note in _NOTES.items():
        text = re.sub(rf"^( *)(- )?{field}:", rf"\1# {note}\n\g<0>", text, count=1, flags=re.MULTILINE)
    for note in _DEADLINES:
        text = re.sub(
            r"(?<!\n)\n( *)activeDeadlineSeconds:(?! # done)",
            rf"\n\1# {note}\n\1activeDeadlineSeconds: # done",
            text,
            count=1,
        )
    return text.replace("activeDeadlineSeconds: # done", "activeDeadlineSeconds:")
