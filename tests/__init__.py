"""Tests, benches and the bed of Fireline. A package, so that `python -m tests.bed` works."""
