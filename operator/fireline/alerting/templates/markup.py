"""Whether Go's html/template could escape a template. Pure.

Mails and Telegram's HTML go through html/template, which escapes every value for its place, and refuses a
template when it cannot tell the place. This knows fewer places than Go, and refuses the rest: values belong
between tags, or into attributes with quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from fireline.alerting.templates.faults import TemplateFault
from fireline.alerting.templates.nodes import (
    Block,
    Call,
    Fields,
    Function,
    Jump,
    Node,
    Operand,
    Parsed,
    Pipe,
    Show,
    Text,
)

_OPAQUE = frozenset(
    {"script", "style", "textarea", "title", "template", "iframe", "noscript", "xmp", "plaintext"}
)
"""Elements whose content is no HTML: no values in there."""
_URLS = frozenset({"href", "src", "action", "cite", "background", "poster", "data", "formaction", "longdesc"})
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_ATTRIBUTE = re.compile(
    r"""\s+(?P<name>[A-Za-z][A-Za-z0-9-]*)
        (?:=(?:"(?P<double>[^"]*)(?P<closed>")?|'(?P<single>[^']*)(?P<ended>')?|(?P<bare>[A-Za-z0-9#%._:-]+)))?""",
    re.VERBOSE,
)
_TAG_END = re.compile(r"\s*/?>")
_ESCAPERS = frozenset({"html", "urlquery"})
_ADVICE = '; put values between tags, or into an attribute with quotes: <a href="{{ .ExternalURL }}">'


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value would stand: between tags, or in an attribute with this quote.

    ``kind`` of an attribute: ``plain``, ``style`` or ``url``; ``late``: the URL's ? or # has been passed.
    """

    quote: str = ""
    kind: str = "plain"
    late: bool = False


def check_markup(parsed: Parsed) -> None:
    """Raises TemplateFault for a template html/template could not escape."""
    walk = _Markup(parsed.defined, set())
    end = walk.nodes(parsed.nodes, Place(), Place())
    if end.quote:
        raise TemplateFault(0, f"the HTML ends within an attribute that began with {end.quote}")


@dataclass(frozen=True, slots=True)
class _Markup:
    defined: Mapping[str, tuple[Node, ...]]
    checked: set[str]

    def nodes(self, nodes: Iterable[Node], place: Place, loop: Place) -> Place:
        """The place after the nodes. ``loop``: that of the range around, where break and continue lead."""
        for node in nodes:
            match node:
                case Text():
                    place = _after(node, place)
                case Show():
                    _escaped_last(node.pipe)
                case Call():
                    self._call(node, place)
                case Jump():
                    if place != loop:
                        raise TemplateFault(node.at, f"{node.word} within an attribute{_ADVICE}")
                case Block():
                    place = self._block(node, place, loop)
        return place

    def _block(self, node: Block, place: Place, loop: Place) -> Place:
        _escaped_last(node.pipe)
        if place.kind == "url" and not place.late:
            raise TemplateFault(node.at, f"{node.word} within a URL; put the whole attribute into it")
        inner = place if node.word == "range" else loop
        then = self.nodes(node.then, place, inner)
        otherwise = self.nodes(node.otherwise, place, loop)
        if then != otherwise or (node.word == "range" and then != place):
            raise TemplateFault(
                node.at, f"{node.word} ends in another place of the HTML than it began{_ADVICE}"
            )
        return then

    def _call(self, node: Call, place: Place) -> None:
        if place.quote:
            raise TemplateFault(node.at, f"template within an attribute{_ADVICE}")
        if node.pipe:
            _escaped_last(node.pipe)
        if node.name in self.defined and node.name not in self.checked:
            self.checked.add(node.name)
            if self.nodes(self.defined[node.name], Place(), Place()).quote:
                raise TemplateFault(node.at, f"the template {node.name!r} ends within an attribute")


def _after(node: Text, place: Place) -> Place:
    """The place behind a text."""
    if place.quote:
        end = node.text.find(place.quote)
        value = node.text if end < 0 else node.text[:end]
        place = _in_value(place, value, node.at)
        if end < 0:
            return place
        return _tag(node, end + 1)
    return _content(node, 0)


def _content(node: Text, at: int) -> Place:
    text = node.text
    while (start := text.find("<", at)) >= 0:
        if text.startswith("<!--", start):
            at = _behind(node, "-->", start)
        elif text[start : start + 2] in ("<!", "<?"):
            at = _behind(node, ">", start)
        elif found := _NAME.match(text, start + (2 if text.startswith("</", start) else 1)):
            if found.group().lower() in _OPAQUE and not text.startswith("</", start):
                at = _behind(node, f"</{found.group()}>", start)
            else:
                return _tag(node, found.end())
        elif re.match(r"<[ \t\n0-9=]", text[start:]):
            at = start + 1
        else:
            raise TemplateFault(
                node.at + start, f"< begins no tag here; write &lt; for the character{_ADVICE}"
            )
    return Place()


def _behind(node: Text, closing: str, start: int) -> int:
    end = node.text.lower().find(closing.lower(), start)
    if end < 0:
        raise TemplateFault(node.at + start, f"values cannot stand before {closing} here{_ADVICE}")
    return end + len(closing)


def _tag(node: Text, at: int) -> Place:
    """From behind the name of a tag, or behind an attribute, to the end of the tag or of the text."""
    text = node.text
    while True:
        if ended := _TAG_END.match(text, at):
            return _content(node, ended.end())
        found = _ATTRIBUTE.match(text, at)
        if found is None:
            raise TemplateFault(node.at + min(at, len(text) - 1), f"the tag is not complete{_ADVICE}")
        quote = '"' if found["double"] is not None else "'" if found["single"] is not None else ""
        if quote and not (found["closed"] or found["ended"]):
            place = _attribute(found["name"].lower(), quote, node.at + at)
            return _in_value(place, found["double"] or found["single"] or "", node.at + at)
        at = found.end()


def _attribute(name: str, quote: str, at: int) -> Place:
    if name.startswith(("on", "data-")) or name in ("srcset", "srcdoc", "content"):
        raise TemplateFault(at, f"values cannot stand in the attribute {name}")
    kind = "url" if name in _URLS or any(word in name for word in ("src", "uri", "url")) else "plain"
    return Place(quote, "style" if name == "style" else kind)


def _in_value(place: Place, value: str, at: int) -> Place:
    if place.kind == "style" and not re.fullmatch(r"[A-Za-z0-9#%.,:; -]*", value):
        raise TemplateFault(at, "a style with values may have letters, digits and #%.,:; only")
    if place.kind == "url" and re.search("[?#]", value):
        return replace(place, late=True)
    return place


def _escaped_last(pipe: Pipe) -> None:
    """html/template allows its own escapers only at the very end of a pipeline."""
    for number, command in enumerate(pipe.commands):
        last = number == len(pipe.commands) - 1
        for position, operand in enumerate(command):
            if isinstance(operand, Function) and operand.name in _ESCAPERS and not (last and position == 0):
                raise TemplateFault(
                    operand.at, f"{operand.name} must come last here, since HTML is escaped anyway"
                )
            _no_escapers_within(operand)


def _no_escapers_within(operand: Operand) -> None:
    if isinstance(operand, Pipe):
        for command in operand.commands:
            for inner in command:
                if isinstance(inner, Function) and inner.name in _ESCAPERS:
                    raise TemplateFault(inner.at, f"{inner.name} has no place in parentheses in HTML")
                _no_escapers_within(inner)
    elif isinstance(operand, Fields):
        _no_escapers_within(operand.of)
