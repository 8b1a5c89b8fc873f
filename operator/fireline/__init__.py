"""Fireline: SLOs, alerts, synthetic checks and first-aid mitigations as Kubernetes objects."""

__version__ = "0.1.0"
