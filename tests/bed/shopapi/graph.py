"""The shop's GraphQL API, by graphql-core: a real schema with real introspection, which can be broken."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    build_schema,
    execute_sync,
    parse,
    specified_rules,
    validate,
)

from tests.bed.shopapi.answers import MODE, RefusedError, document
from tests.bed.shopapi.orders import CATALOGUE

SCHEMA = '''
"""What the shop sells."""
type Query {
  "Everything, cheapest first."
  items(first: Int = 10): [Item!]!
  "One item; null when the shop does not sell it."
  item(sku: ID!): Item
}

"""Something to buy."""
type Item {
  sku: ID!
  priceCents: Int!
}
'''


class Graph:
    """POST /graphql: ``{"query": …, "variables": …, "operationName": …}``."""

    def __init__(self) -> None:
        self._schema: GraphQLSchema = build_schema(SCHEMA)

    async def serve(self, request: web.Request) -> web.Response:
        """200 with ``data`` and, when something went wrong, ``errors``; 400 without a query."""
        body = await document(request)
        query, variables, name = body.get("query"), body.get("variables"), body.get("operationName")
        if not isinstance(query, str) or not query:
            raise RefusedError(400, 'query: allowed: a GraphQL document, such as "{ items { sku } }"')
        if not isinstance(variables, dict | None) or not isinstance(name, str | None):
            raise RefusedError(400, "variables: allowed: an object; operationName: allowed: a text")
        found = self._run(query, variables, name, mode=request[MODE])
        # GraphQL over HTTP: of application/json the status says nothing about errors of the query.
        return web.json_response(found.formatted)

    def _run(
        self, query: str, variables: dict[str, Any] | None, name: str | None, *, mode: str
    ) -> ExecutionResult:
        rules = [*specified_rules]
        if mode == "no-introspection":
            rules.append(NoSchemaIntrospectionCustomRule)
        try:
            parsed = parse(query)
        except GraphQLError as error:
            return ExecutionResult(data=None, errors=[error])
        if errors := validate(self._schema, parsed, rules):
            return ExecutionResult(data=None, errors=errors)
        root = _BROKEN if mode == "errors" else _ROOT
        return execute_sync(
            self._schema, parsed, root_value=root, variable_values=variables, operation_name=name
        )


def _item(sku: str) -> dict[str, Any] | None:
    return {"sku": sku, "priceCents": CATALOGUE[sku]} if sku in CATALOGUE else None


_ROOT = {
    "items": lambda _, first: [
        _item(sku) for sku in sorted(CATALOGUE, key=CATALOGUE.__getitem__)[: max(0, first)]
    ],
    "item": lambda _, sku: _item(sku),
}


def _unreadable(*_: object, **__: object) -> None:
    raise GraphQLError("the catalogue cannot be read")


_BROKEN = dict.fromkeys(_ROOT, _unreadable)
