"""Walks the journeys of ``examples/synthetic`` through a demo shop: by the engine, or as a pod's process."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml
from tests.bed.shopserver import ShopServer

from fireline.api.synthetic_check import SyntheticCheck
from fireline.settings import CheckSettings
from fireline.synthetic.engine.journey import Journey
from fireline.synthetic.engine.run import run
from fireline.synthetic.journey import ENV, env_name, journey
from fireline.synthetic.result import Result

CHECKOUT = Path(__file__).parents[3]
EXAMPLES = CHECKOUT / "examples" / "synthetic"
REFUSE = CheckSettings().refuse
OLDER = 150.0
"""Seconds: more than the age from which the examples sweep."""


def documents(file: str) -> list[dict[str, Any]]:
    """The objects of one file."""
    return [one for one in yaml.safe_load_all((EXAMPLES / file).read_text()) if one]


def told(example: str, **variables: str) -> dict[str, Any]:
    """What a pod is told of an example, with these variables instead of its own.

    Only the pauses between two tries are shortened, all else is as it is written.
    """
    (manifest,) = documents(f"{example}.yaml")
    given = SyntheticCheck.of(manifest)
    known = {one.name for one in given.spec.variables or ()}
    assert variables.keys() <= known
    found = journey(given.spec, namespace="shop", name=given.metadata.name, refuse=REFUSE)
    found["variables"] = [
        {"name": one["name"], "value": variables[one["name"]]} if one["name"] in variables else one
        for one in found["variables"]
    ]
    for step in (found, *found["steps"]):
        if "retries" in step:
            step["retries"] = {**step["retries"], "backoff": "10ms"}
    return found


def secrets() -> dict[str, str]:
    """What the example's Secret holds, by variable: every file calls its variables like the Secret's keys."""
    (secret,) = documents("secret.yaml")
    values: dict[str, str] = secret["stringData"]
    return values


def walk(examples: Iterable[str], shop: ShopServer) -> dict[str, Result]:
    """Every example once, all at the same time."""
    names = list(examples)

    async def all_of_them() -> list[Result]:
        return await asyncio.gather(*(one(told(name, base=shop.url)) for name in names))

    return dict(zip(names, asyncio.run(all_of_them()), strict=True))


async def one(said: dict[str, Any], **more: str) -> Result:
    """One run. ``more``: values of further secrets."""
    return await run(Journey.of(said), run_id=uuid4().hex, secrets={**secrets(), **more})


def as_a_process(example: str, shop: ShopServer) -> subprocess.Popen[bytes]:
    """The process of a check's pod."""
    environment = {env_name(name): value for name, value in secrets().items()}
    return subprocess.Popen(
        [sys.executable, "-m", "fireline.synthetic.engine.pod"],
        env={**os.environ, **environment, ENV: json.dumps(told(example, base=shop.url))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
