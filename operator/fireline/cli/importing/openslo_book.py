"""The documents of an OpenSLO import that others refer to by name: SLIs, data sources, policies, services."""

from __future__ import annotations

from collections.abc import Sequence

from fireline.cli.importing.probe import refusal
from fireline.cli.importing.shape import object_name
from fireline.cli.importing.source import Field, LeftOut, Source

_PROMETHEUS = "prometheus"


class Book:
    """Looks documents up by kind and name, and remembers which were asked for."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._entries = {
            (str(root.get("kind").value), str(root.get("metadata", "name").value)): root
            for root in (source.root for source in sources)
        }
        self._used: set[tuple[str, str]] = set()

    def find(self, kind: str, name: str | None) -> Field | None:
        """The document, None when it is not among the inputs. What it says of itself counts as taken."""
        found = self._entries.get((kind, name or ""))
        if found is not None:
            self._used.add((kind, name or ""))
            for known in ("apiVersion", "kind"):
                found.get(known).take()
            helper(found, kind)
        return found

    def expect_prometheus(self, kind: Field, reference: str | None, at: Field) -> str | None:
        """The source of Fireline's settings behind a metric source, None for the default.

        Raises LeftOut unless it is a Prometheus, by its own type or that of its DataSource.
        """
        source = self.find("DataSource", reference) if reference else None
        if source is not None:
            spec = source.get("spec")
            spec.get("connectionDetails").drop(
                "where a source is and how to sign in stands in the operator's settings",
                "add the source to the settings",
            )
            spec.get("description").drop("sources of the settings have no description", "")
        declared = source.get("spec", "type") if source is not None else kind
        for field in (kind, declared):
            if field.present and str(field.value).lower() != _PROMETHEUS:
                raise LeftOut(field, "is no Prometheus, and Fireline reads nothing else", "measure it there")
        if not kind.present and not declared.present:
            raise LeftOut(
                at if reference else kind,
                "nobody says which kind of source this is: its DataSource is not among the inputs",
                "import the DataSource too, or add type: Prometheus",
            )
        for field in (kind, declared):
            field.take()
        if reference is None:
            return None
        name = reference if not refusal(prometheus=reference) else object_name(reference).replace(".", "-")
        (source.get("metadata", "name") if source is not None else at).note(
            f"is spec.prometheus: {name}", f"name the server in the operator's settings, as sources.{name}"
        )
        return name

    def unused(self, source: Source) -> None:
        """Say of a document nobody asked for that it is lost."""
        root = source.root
        key = (str(root.get("kind").value), str(root.get("metadata", "name").value))
        if key not in self._used:
            root.lost("no objective among the inputs refers to it", "import it together with the objectives")


def helper(found: Field, kind: str) -> None:
    """What a document or an inline object that is no objective says of itself: its name is a reference."""
    metadata = found.get("metadata")
    metadata.get("name").take()
    for name, field in metadata.pairs():
        if name != "name":
            field.drop(f"describes the {kind} itself, and Fireline has no such object", "")
