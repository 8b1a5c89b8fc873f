"""One temporary directory per bed: data, certificates and logs. Gone at the end unless asked to stay."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bed.guardian import guardian


@contextlib.contextmanager
def workdir(name: str = "bed") -> Iterator[Path]:
    """A fresh directory; removed afterwards, also when this process is killed.

    ``FIRELINE_BED_KEEP=1`` leaves it in place and says where it is.
    """
    path = Path(tempfile.mkdtemp(prefix=f"fireline-{name}-"))
    if os.environ.get("FIRELINE_BED_KEEP") == "1":
        print(f"the bed keeps its files in {path}", file=sys.stderr)
        yield path
        return
    guardian().remove_later(path)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        guardian().removed(path)
