"""Reads what commands are given: files, folders and stdin with any number of YAML documents.

Every document remembers where its fields stand, so that an error can name file and line. Documents
of other kinds are counted and passed by: people keep SLOs next to Deployments.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import yaml

from fireline.api.issues import Issue, Location
from fireline.api.plan import Manifest
from fireline.api.resources import ALERT_POLICY, GROUP, MITIGATION, SLO, SYNTHETIC_CHECK

STDIN = "-"
_OURS = (SLO, ALERT_POLICY, SYNTHETIC_CHECK, MITIGATION)
_KNOWN = tuple((one.api_version, one.kind) for one in _OURS)
_KINDS = f"{', '.join(one.kind for one in _OURS[:-1])} and {_OURS[-1].kind} of {SLO.api_version}"
_NUMBERS = frozenset({"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"})
_ENDINGS = {".yaml", ".yml", ".json"}
_MOST_VALUES = 1_000_000
"""Of a document with a SyntheticCheck or Mitigation: their bodies and patches may be any JSON, and a few
lines of aliases of aliases stand for more than any memory holds."""
_ANY_JSON = frozenset({SYNTHETIC_CHECK.kind, MITIGATION.kind})


_TIME = r"(?![-+]?[0-9][0-9_]*:)"
"""No number begins like this to the API server's clients; YAML 1.1 reads 17:00 as 1020."""


class _Loader(yaml.CSafeLoader):
    """Like the API server's clients: a date or time of day without quotes stays text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own attribute
        first: [
            (tag, re.compile(_TIME + regexp.pattern, regexp.flags) if tag in _NUMBERS else regexp)
            for tag, regexp in resolvers
            if tag != "tag:yaml.org,2002:timestamp"
        ]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


@dataclass(frozen=True, slots=True)
class Document:
    """One object and where it came from. ``number`` counts documents of a file from 1."""

    file: str
    number: int
    manifest: Manifest
    """As written: anything at all until it was sorted in."""
    node: yaml.Node = field(repr=False)
    base: Location = ()
    """Where the object stands in its document: not at the top for the items of a List."""

    def line(self, at: Location = ()) -> int:
        """Line (from 1) of a field, or of the nearest thing above it that exists."""
        return _line(self.node, (*self.base, *at))

    @property
    def label(self) -> str:
        """``namespace/name`` or just the name, as far as they are known."""
        metadata = self.manifest.get("metadata") if isinstance(self.manifest, dict) else None
        known = metadata if isinstance(metadata, dict) else {}
        return "/".join(str(known[key]) for key in ("namespace", "name") if known.get(key))


@dataclass(frozen=True, slots=True)
class Finding:
    """An issue with its place in a file."""

    file: str
    document: int
    line: int
    object: str
    issue: Issue

    @classmethod
    def of(cls, document: Document, issue: Issue) -> Finding:
        """An issue found in a document."""
        return cls(document.file, document.number, document.line(issue.at), document.label, issue)


@dataclass(slots=True)
class Inputs:
    """Everything that was read: our documents, what was unreadable, and how much was not ours."""

    documents: list[Document] = field(default_factory=list)
    policies: list[Document] = field(default_factory=list)
    """AlertPolicies, which are read beside SLOs: they say what the alerts of those carry."""
    checks: list[Document] = field(default_factory=list)
    """SyntheticChecks."""
    mitigations: list[Document] = field(default_factory=list)
    """Mitigations."""
    findings: list[Finding] = field(default_factory=list)
    foreign: int = 0

    def of(self, kind: str) -> list[Document]:
        """The documents of one of our kinds."""
        others = {
            ALERT_POLICY.kind: self.policies,
            SYNTHETIC_CHECK.kind: self.checks,
            MITIGATION.kind: self.mitigations,
        }
        return others.get(kind, self.documents)

    @property
    def objects(self) -> int:
        """How many of the documents are ours."""
        return sum(map(len, (self.documents, self.policies, self.checks, self.mitigations)))


def load(paths: Sequence[str], *, namespace: str) -> Inputs:
    """All documents of the paths, in order; objects without a namespace get ``namespace``.

    Raises click's UsageError for a path that is not there.
    """
    return _read(paths, lambda document, inputs: _sort_in(document, inputs, namespace))


def load_any(paths: Sequence[str]) -> Inputs:
    """All documents of the paths as they stand, whatever they are, for commands that read other formats.

    Raises click's UsageError for a path that is not there.
    """
    return _read(paths, lambda document, inputs: inputs.documents.append(document))


def _read(paths: Sequence[str], keep: Callable[[Document, Inputs], None]) -> Inputs:
    inputs = Inputs()
    for file, text in _texts(paths):
        try:
            for document in _documents(file, text, inputs):
                keep(document, inputs)
        except (yaml.YAMLError, RecursionError) as error:
            inputs.findings.append(_unreadable(file, error))
    return inputs


def load_one(path: str) -> tuple[Document, list[Finding]]:
    """The one document of a file that is no Kubernetes object, such as a table of budgets, and what is
    wrong with its YAML.

    Raises click's UsageError when the path is not there, is no YAML, or does not hold one document.
    """
    inputs = Inputs()
    documents: list[Document] = []
    for file, text in _texts([path]):
        try:
            documents += _documents(file, text, inputs)
        except (yaml.YAMLError, RecursionError) as error:
            found = _unreadable(file, error)
            raise click.UsageError(f"{file}:{found.line}: {found.issue.message}") from error
    if len(documents) != 1:
        raise click.UsageError(f"{path}: must hold one YAML document, found {len(documents) or 'none'}")
    return documents[0], inputs.findings


def _texts(paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        if path == STDIN:
            yield "<stdin>", sys.stdin.buffer.read()
            continue
        root = Path(path)
        try:
            files = sorted(_in_folder(root)) if root.is_dir() else [root]
            for file in files:
                yield str(file), file.read_bytes()
        except OSError as error:
            raise click.UsageError(f"{error.filename or path}: {error.strerror}") from error


def _in_folder(root: Path) -> Iterator[Path]:
    for path in root.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
        if path.suffix in _ENDINGS and path.is_file() and not hidden:
            yield path


def _documents(file: str, text: bytes, inputs: Inputs) -> Iterator[Document]:
    """Every document that is not empty, and every item of a List. Raises yaml.YAMLError."""
    loader = _Loader(text)
    try:
        number = 0
        while loader.check_node():
            node = loader.get_node()
            assert node is not None  # noqa: S101 - check_node said so
            number += 1
            manifest = _constructed(loader, node)
            if manifest is None:
                continue
            document = Document(file, number, manifest, node)
            inputs.findings += (Finding.of(document, issue) for issue in _repeated_keys(node))
            yield from _items(document)
    finally:
        loader.dispose()


def _constructed(loader: _Loader, node: yaml.Node) -> Any:
    """The document's value. PyYAML lets the errors of int(), float() and its like through as they are."""
    try:
        return loader.construct_document(node)
    except (ValueError, KeyError, AttributeError) as error:
        problem = "a value does not fit its type: a number without or with too many digits, a wrong tag"
        raise yaml.constructor.ConstructorError(problem=problem, problem_mark=node.start_mark) from error


def _items(document: Document) -> Iterator[Document]:
    manifest = document.manifest
    listed = manifest.get("items") if isinstance(manifest, dict) and manifest.get("kind") == "List" else None
    if not isinstance(listed, list):
        yield document
        return
    for index, item in enumerate(listed):
        yield Document(document.file, document.number, item, document.node, ("items", index))


def _sort_in(document: Document, inputs: Inputs, namespace: str) -> None:
    manifest = document.manifest
    if not isinstance(manifest, dict) or not isinstance(manifest.get("kind"), str):
        issue = Issue("NotAnObject", (), "is no Kubernetes object: apiVersion and kind are missing")
        inputs.findings.append(Finding.of(document, issue))
    elif str(manifest.get("apiVersion", "")).partition("/")[0] != GROUP:
        inputs.foreign += 1
    elif (manifest["apiVersion"], manifest["kind"]) not in _KNOWN:
        found = f"{manifest['kind']} of {manifest['apiVersion']}"
        issue = Issue("UnknownKind", ("kind",), f"{found} is not known here; known: {_KINDS}")
        inputs.findings.append(Finding.of(document, issue))
    elif manifest["kind"] in _ANY_JSON and (size := _size(document.node, {})) > _MOST_VALUES:
        words = f"its aliases make {size} values of it, at most {_MOST_VALUES} are read; write less"
        inputs.findings.append(Finding.of(document, Issue("TooLarge", (), words)))
    else:
        metadata = manifest.get("metadata")
        if isinstance(metadata, dict):
            metadata.setdefault("namespace", namespace)
            if metadata.get("labels", {}) is None:  # the API server takes it for none as well
                del metadata["labels"]
        inputs.of(manifest["kind"]).append(document)


def _size(node: yaml.Node, sizes: dict[int, int]) -> int:
    """How many values a node stands for; ``sizes`` by the id of nodes already met (1 while inside one)."""
    if id(node) not in sizes:
        sizes[id(node)] = 1
        inner = node.value if isinstance(node, yaml.CollectionNode) else ()
        parts = (part for one in inner for part in (one if isinstance(one, tuple) else (one,)))
        sizes[id(node)] = 1 + sum(_size(part, sizes) for part in parts)
    return sizes[id(node)]


def _unreadable(file: str, error: Exception) -> Finding:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return Finding(file, 0, mark.line + 1 if mark else 1, "", Issue("InvalidYAML", (), f"no YAML: {problem}"))


def _repeated_keys(root: yaml.Node) -> Iterator[Issue]:
    """Keys given twice in one mapping: YAML loaders keep the last one without a word."""
    todo: list[tuple[Location, yaml.Node]] = [((), root)]
    seen: set[int] = set()
    while todo:
        at, node = todo.pop()
        if id(node) in seen:  # an alias
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            names: set[str] = set()
            for key, value in node.value:
                if key.value in names and isinstance(key, yaml.ScalarNode):
                    yield Issue("RepeatedKey", (*at, key.value), "stands here twice; keep one")
                names.add(str(key.value))
                todo.append(((*at, str(key.value)), value))
        elif isinstance(node, yaml.SequenceNode):
            todo += [((*at, index), value) for index, value in enumerate(node.value)]


def _line(node: yaml.Node, at: Location) -> int:
    line = node.start_mark.line
    for part in at:
        below: Any = None
        if isinstance(node, yaml.MappingNode):
            below = next((pair for pair in reversed(node.value) if pair[0].value == part), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            below = (node.value[part], node.value[part])
        if below is None:
            break
        line, node = below[0].start_mark.line, below[1]
    return int(line) + 1
