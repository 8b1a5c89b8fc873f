"""What reversible actions have in common that look at nothing but their target: only ``plan`` differs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from fireline.api.mitigation import Spec
from fireline.api.plan import Call, Manifest
from fireline.mitigation.actions.fields import group_of
from fireline.mitigation.actions.rights import read_and_patch
from fireline.mitigation.model import Around, Change, Permission, Refusal, Reversibility


class SimpleAction(ABC):
    """Has the shape of :class:`fireline.mitigation.model.Action`; a subclass says what is changed."""

    name: str
    targets: tuple[tuple[str, str], ...]

    def reversibility(self, spec: Spec) -> Reversibility:  # noqa: ARG002 - the same for every spec
        """Always reversible."""
        return "Reversible"

    def reads(self, spec: Spec, target: Manifest, *, user: str) -> Sequence[Call]:  # noqa: ARG002 - needs none
        """Nothing."""
        return ()

    @abstractmethod
    def plan(self, spec: Spec, target: Manifest, around: Around) -> Change | Refusal:
        """The change to make now."""

    def permissions(self, spec: Spec) -> Sequence[Permission]:
        """To read and to patch the target."""
        if spec.target is None:
            return ()
        return (read_and_patch(group_of(spec.target.api_version), spec.target.kind, spec.target.name),)
