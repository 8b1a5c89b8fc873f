"""Building blocks of every custom resource model: the base class, CEL rules, patterns, list kinds.

A model has three readers: ``fireline.api.crd`` turns it into the schema the API server enforces,
the operator and the CLI validate with it, and ``kubectl explain`` shows its docstrings. A
:class:`Rule` is declared once and carried out on both sides, as CEL and as Python; the tests run
the same objects through both.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

VALIDATIONS = "x-kubernetes-validations"
INVALID = "fireline"
"""Type of our own pydantic errors: their message is already written for people."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One admission rule: ``cel`` for the API server, ``holds`` for everyone else, same message.

    Put it on a string, list or map with ``Annotated``, on a model in its ``rules``. Core CEL only:
    the Kubernetes extension libraries would tie us to server versions.
    """

    cel: str
    message: str
    holds: Callable[[Any], bool]

    def check(self, value: Any) -> Any:
        """The value itself. Raises pydantic's error with our message when the rule is broken."""
        if not self.holds(value):
            raise PydanticCustomError(INVALID, "{message}", {"message": self.message})
        return value

    def as_schema(self) -> dict[str, str]:
        """The rule as an entry of ``x-kubernetes-validations``."""
        return {"rule": self.cel, "message": self.message}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        found = handler(schema)
        found.setdefault(VALIDATIONS, []).append(self.as_schema())
        return found


@dataclass(frozen=True, slots=True)
class Text:
    """A string with a pattern, a greatest length, and words for someone who got it wrong.

    ``expected`` finishes the sentence "… is not …" and ends with an example.
    """

    pattern: str
    max_length: int
    expected: str

    def check(self, value: str) -> str:
        """The string itself. Raises pydantic's error, quoting what was found, otherwise."""
        if not value:
            raise PydanticCustomError(
                INVALID, "is empty, which is not {expected}", {"expected": self.expected}
            )
        if len(value) > self.max_length:
            raise PydanticCustomError(
                INVALID,
                "has {found} characters, at most {allowed} are allowed",
                {"found": len(value), "allowed": self.max_length},
            )
        # Python's $ also matches before a final line break; that of the API server does not.
        if not re.search(re.sub(r"(?<!\\)\$$", r"\\Z", self.pattern), value):
            raise PydanticCustomError(
                INVALID, "{found} is not {expected}", {"found": repr(value), "expected": self.expected}
            )
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(schema) | {"pattern": self.pattern, "minLength": 1, "maxLength": self.max_length}


@dataclass(frozen=True, slots=True)
class Between:
    """A whole number from ``low`` to ``high``, both included."""

    low: int
    high: int

    def check(self, value: int) -> int:
        """The number itself. Raises pydantic's error, quoting what was found, otherwise."""
        if not self.low <= value <= self.high:
            raise PydanticCustomError(
                INVALID,
                "{found} is out of range; write a whole number from {low} to {high}",
                {"found": value, "low": self.low, "high": self.high},
            )
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(schema) | {"minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class ListKind:
    """How server-side apply merges a list: ``Map`` by its keys, ``Set`` by value.

    The API server refuses duplicates in both, and so does :meth:`check`.
    """

    keys: tuple[str, ...] = ()

    def check(self, value: Any) -> Any:
        """The list itself. Raises pydantic's error when two entries have the same key."""
        seen: set[Any] = set()
        for entry in value:
            key = tuple(getattr(entry, name) for name in self.keys) or entry
            if key in seen:
                shown = ", ".join(key) if isinstance(key, tuple) else key
                raise PydanticCustomError(INVALID, "names {key} twice", {"key": repr(shown)})
            seen.add(key)
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        found = handler(schema) | {"x-kubernetes-list-type": "map" if self.keys else "set"}
        return found | ({"x-kubernetes-list-map-keys": list(self.keys)} if self.keys else {})


class ApiModel(BaseModel):
    """Base of everything a user writes: camelCase in YAML, immutable, no unknown fields.

    Values are not converted (``objective: 99.9`` without quotes is an error here as it is on the
    API server), and ``null`` means absent, as it does there.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        strict=True,
        use_attribute_docstrings=True,
    )
    rules: ClassVar[tuple[Rule, ...]] = ()

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Itself, for it is immutable: pydantic copies every default for every object it reads."""
        return self

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: Any) -> Any:
        if isinstance(data, dict):
            return {key: value for key, value in data.items() if value is not None}
        return data

    @model_validator(mode="after")
    def _obey_rules(self) -> ApiModel:
        for rule in type(self).rules:
            rule.check(self)
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        found = handler(schema)
        if cls.rules:
            handler.resolve_ref_schema(found)[VALIDATIONS] = [rule.as_schema() for rule in cls.rules]
        return found


class StatusModel(BaseModel):
    """Base of status models: they only describe the schema; Fireline never reads status through them."""

    model_config = ConfigDict(alias_generator=to_camel, use_attribute_docstrings=True)


def exactly_one(*fields: str) -> Rule:
    """The union rule: exactly one of these camelCase fields is set."""
    listed = ", ".join(f"has(self.{name})" for name in fields)
    return Rule(
        cel=f"[{listed}].filter(x, x).size() == 1",
        message=f"exactly one of {', '.join(fields)} must be set",
        holds=lambda model: sum(_is_set(model, name) for name in fields) == 1,
    )


def together(*fields: str) -> Rule:
    """Either all of these camelCase fields are set, or none."""
    listed = ", ".join(f"has(self.{name})" for name in fields)
    return Rule(
        cel=f"[{listed}].filter(x, x).size() in [0, {len(fields)}]",
        message=f"{' and '.join(fields)} belong together: set both or none",
        holds=lambda model: len({_is_set(model, name) for name in fields}) == 1,
    )


def _is_set(model: ApiModel, alias: str) -> bool:
    """CEL's ``has(self.alias)``."""
    names = (name for name, field in type(model).model_fields.items() if field.alias == alias)
    return getattr(model, next(names)) is not None
