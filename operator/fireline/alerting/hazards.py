"""What would stop everyone's alerts, and not only this policy's: looked for before anything is written.

prometheus-operator makes one configuration of all AlertmanagerConfigs. A few mistakes it does not notice
in time, and then either makes none at all or one that Alertmanager does not load.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fireline.alerting.effective import breaks_everything, misread, must_exist, refused
from fireline.alerting.observation import SecretSeen
from fireline.alerting.situation import SecretAt
from fireline.api.plan import Manifest
from fireline.api.resources import ALERTMANAGER_CONFIG


def refusals(wanted: Sequence[Manifest]) -> list[str]:
    """Why an AlertmanagerConfig among the wanted objects must not be written; empty when it may.

    ``checks`` has found nothing wrong by then: this is the last gate, in prometheus-operator's own terms.
    """
    configs = [one for one in wanted if one["kind"] == ALERTMANAGER_CONFIG.kind]
    return [words for one in configs for words in (*refused(one), *breaks_everything(one), *misread(one))]


def to_leave_out(
    wanted: Sequence[Manifest],
    secrets: Sequence[SecretAt],
    known: Mapping[tuple[str, str, str], SecretSeen],
) -> frozenset[str]:
    """Receivers that must wait for a Secret: missing, without its key, empty, or no URL where one is needed.

    Where the operator may not read Secrets, only those wait whose Secret must not be missing.
    """
    needed = {ref for one in wanted if one["kind"] == ALERTMANAGER_CONFIG.kind for ref in must_exist(one)}
    found = set()
    for one in secrets:
        at = (one.namespace, one.name, one.key)
        state = known[at].state if at in known else "Unknown"
        if state in _BAD or (at in needed and state != "Found"):
            found.add(one.receiver)
    return frozenset(found)


_BAD = frozenset({"NoSecret", "NoKey", "Unusable"})
