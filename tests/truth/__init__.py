"""Exact figures against the truth: events counted in integers, never by PromQL."""
