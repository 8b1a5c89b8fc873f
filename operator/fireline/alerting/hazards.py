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


def unsafe_secrets(
    wanted: Sequence[Manifest],
    secrets: Sequence[SecretAt],
    known: Mapping[tuple[str, str, str], SecretSeen] | None,
) -> bool:
    """Whether the objects must wait for Secrets: one that is empty or no URL, or one that must be there.

    Where the operator may not read Secrets, only the latter wait.
    """
    needed = {ref for one in wanted if one["kind"] == ALERTMANAGER_CONFIG.kind for ref in must_exist(one)}
    for one in secrets:
        at = (one.namespace, one.name, one.key)
        seen = known.get(at) if known is not None else None
        if at in needed and (seen is None or seen.state != "Found"):
            return True
        if seen is None or seen.state == "Unusable":
            return True
    return False
