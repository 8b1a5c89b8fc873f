"""What comes of an import: objects, what was lost on the way, and how many objectives were left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fireline.api.plan import Manifest
from fireline.cli.importing.source import Field, LeftOut, Loss, Source


@dataclass(slots=True)
class Result:
    """Objects in the order of their sources. Converters call :meth:`add` and :meth:`leave_out`."""

    manifests: list[Manifest] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    left_out: int = 0
    """Objectives of which nothing usable remained."""
    _names: set[tuple[str, str]] = field(default_factory=set)

    def add(self, origin: Field, manifest: Manifest) -> None:
        """One more object, written at ``origin``. Raises LeftOut when its name is taken."""
        metadata = manifest["metadata"]
        name = (metadata.get("namespace", ""), metadata["name"])
        if name in self._names:
            raise LeftOut(
                origin,
                f"another objective became {'/'.join(filter(None, name))} already",
                "rename one of them, or import them into namespaces of their own",
            )
        self._names.add(name)
        self.manifests.append(manifest)

    def leave_out(self, origin: Field, left: LeftOut) -> None:
        """Nothing usable remains of the objective written at ``origin``."""
        if left.field.at != origin.at:
            left.field.lost(left.why, left.advice)
            origin.lost("is left out: nothing usable remains of it", "")
        else:
            origin.lost(f"is left out: {left.why}", left.advice)
        self.left_out += 1

    def finish(self, sources: Sequence[Source]) -> None:
        """Collect the losses of documents that nothing more is read from."""
        for source in sources:
            self.losses += source.finish()
