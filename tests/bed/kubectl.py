"""The real kubectl as a person would call it, for any cluster."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.bed.errors import BedError


def kubectl(
    program: Path,
    kubeconfig: Path,
    cache: Path,
    *arguments: str,
    stdin: str | None = None,
    check: bool = True,
) -> str:
    """Run ``program`` with ``arguments``; its standard output.

    ``cache``: a directory for what it learns of the cluster; one in the home directory would outlive the bed
    and mislead the next one. Raises BedError with kubectl's own words when it fails and ``check`` is on;
    otherwise output and errors are returned together.
    """
    done = subprocess.run(
        [program, "--kubeconfig", kubeconfig, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "KUBECACHEDIR": str(cache)},
    )
    if done.returncode and check:
        raise BedError(f"kubectl {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout if check else done.stdout + done.stderr
