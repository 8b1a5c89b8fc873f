"""Gathers what the explanation of a SyntheticCheck is made of: from a cluster or from files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fireline.api.belonging import Owner, Policies
from fireline.api.conditions import found
from fireline.api.resources import SYNTHETIC_CHECK
from fireline.api.synthetic_check import SyntheticCheck
from fireline.cli.checkshape import readable
from fireline.cli.cluster import Cluster, asking
from fireline.cli.explaining.alarms import Alarm
from fireline.cli.explaining.check_facts import alarms_of, answered, does, runs
from fireline.cli.explaining.check_steps import check_headline, check_steps
from fireline.cli.explaining.check_world import CheckWorld, look_around_check
from fireline.cli.explaining.page import Explanation, Section
from fireline.cli.explaining.walking import headline_offline, valid_offline
from fireline.cli.explaining.world import Manifest, get_or_say
from fireline.cli.inputs import Inputs
from fireline.cli.offline import policies_of, sources_for, with_image
from fireline.settings import Settings
from fireline.synthetic.alerts import CheckAlerts
from fireline.synthetic.checks import read
from fireline.synthetic.compile import compile_check
from fireline.synthetic.model import Check

_WANTING = "what it does and its alerts are left out: they follow from a spec that is valid"


def check_from_cluster(
    cluster: Cluster, namespace: str, name: str, settings: Settings, *, now: datetime
) -> Explanation:
    """One check of the cluster. Raises Unreachable when it is not there or nobody can be asked."""
    with asking(SYNTHETIC_CHECK):
        check = get_or_say(cluster, SYNTHETIC_CHECK, namespace, name, what="SyntheticCheck")
        world = look_around_check(cluster, check, now=now)
    return _explained(world, settings, None, now, where=f"syn/{name} in namespace {namespace}")


def checks_from_files(inputs: Inputs, settings: Settings, *, now: datetime) -> list[Explanation]:
    """Every check of the files, beside the policies of the same files."""
    policies = policies_of(inputs.policies)
    return [
        _explained(
            CheckWorld(_with_status(one.manifest)),
            settings,
            policies.get(one.label.rpartition("/")[0]),
            now,
            where=f"{one.file}:{one.line()} ({one.label})",
        )
        for one in inputs.checks
    ]


def _with_status(manifest: Manifest) -> Manifest:
    """Without a status in which anything may stand: nobody but an API server vouches for its shape."""
    if readable(manifest):
        return manifest
    return {key: value for key, value in manifest.items() if key != "status"}


def _explained(
    world: CheckWorld, settings: Settings, policies: Policies | None, now: datetime, *, where: str
) -> Explanation:
    settings = with_image(settings)
    status = world.check.get("status") or {}
    sources = sources_for(world.check, settings)
    given, issues = read(world.check, settings=settings.checks, sources=sources)
    offline = world.evaluators is None and not status
    owner = policies.owner(given.metadata.labels or {}) if given and policies else None
    check = compile_check(given) if given else None
    sections = list(_sections(check, status, now))
    alarms = _alarms(given, check, owner, settings) if given and check else []
    walked = [valid_offline(issues)] if offline else check_steps(world, issues, settings, now)
    return Explanation(
        where=where,
        headline=headline_offline(issues) if offline else check_headline(walked, found(status, "Ready")),
        description="",
        now=now,
        steps=walked,
        alarms=alarms,
        first=sections,
        events=world.events,
        remarks=world.remarks,
        wanting=[] if check else [_WANTING],
    )


def _sections(check: Check | None, status: dict[str, object], now: datetime) -> Sequence[Section]:
    found_sections = []
    if check is not None:
        found_sections.append(Section("What does it do?", "does", tuple(does(check))))
    if status:
        found_sections.append(Section("How do its runs go?", "runs", tuple(runs(status, now))))
        found_sections.append(
            Section("What was answered last that was wrong?", "evidence", tuple(answered(status)))
        )
    return found_sections


def _alarms(given: SyntheticCheck, check: Check, owner: Owner | None, settings: Settings) -> list[Alarm]:
    if given.spec.alert.disabled:
        return []
    return alarms_of(
        CheckAlerts.of(
            given, interval=check.timing.interval, policy=owner, default_runbook=settings.runbook_url
        )
    )
