"""The real operator, deliberately broken: it does not write its responses back to the caches.

The call-count test must see more calls with it; that shows that the test can fail.
"""

from __future__ import annotations

from tests.cluster.nowriteback import break_write_back

from fireline.cli.main import main

if __name__ == "__main__":
    break_write_back()
    main(["run"])
