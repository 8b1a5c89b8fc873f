"""What targets see in `User-Agent`."""

from __future__ import annotations

from fireline import __version__

AGENT = f"fireline/{__version__}"
