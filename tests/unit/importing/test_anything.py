"""Whatever the documents say, an import ends, prints nothing Fireline refuses, and gives reasons."""

from __future__ import annotations

import string
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.importing.reading import imported, leaves, mappings, maximal, replaced

from fireline.cli.importing.probe import issues_of

FILES = ["sloth.yaml", "sloth-crd.yaml", "pyrra.yaml", "openslo.yaml", "openslo-v1alpha.yaml"]
PLACES = {
    file: [*(at for at, _ in leaves(maximal(file))), *(at for at in mappings(maximal(file)) if at)]
    for file in FILES
}
TEXT = st.text(string.printable, max_size=12) | st.sampled_from(
    ["5m", "1M", "0", "-1", "{{.window}}", "$window", "sum(rate(x_total[$window]))", "x{", "a" * 300, "é\0"]
)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_an_import_never_fails_and_prints_only_what_is_valid(data: st.DataObject) -> None:
    file = data.draw(st.sampled_from(FILES))
    documents = maximal(file)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.sampled_from(PLACES[file]))
        try:
            documents = replaced(documents, at, data.draw(ANYTHING))
        except (KeyError, TypeError, IndexError):  # a place below one that was replaced
            continue
    result = imported(*(document for document in documents if document is not None))

    for manifest in result.manifests:
        assert issues_of(manifest) == []
    for loss in result.losses:
        assert loss.why
        assert loss.line >= 1
