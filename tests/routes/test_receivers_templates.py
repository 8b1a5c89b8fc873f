"""What our checker of templates says, held against Alertmanager's own template engine (amtool)."""

from __future__ import annotations

import random
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from tests.bed.toolchain import Tools
from tests.routes import drawn_templates
from tests.unit.alerting.template_cases import BAD, BAD_HTML, GOOD, GOOD_HTML, STRICTER

from fireline.alerting.receivers import texts
from fireline.alerting.templates import check_template

pytestmark = pytest.mark.bed

_TOOLS = Tools()
_MUTANTS = 3000
_DRAWN = 8000
_PIECES = (
    *(
        "{{",
        "}}",
        "{{-",
        "-}}",
        " ",
        "|",
        "(",
        ")",
        '"',
        "`",
        "'",
        ".",
        "$",
        ":=",
        "=",
        ",",
        "0",
        "1.5",
        "\\",
    ),
    *("if ", "else ", "end", "range ", "with ", "define ", "template ", "block ", "break", "nil", "true"),
    *(
        ".Status",
        ".Alerts",
        ".Alerts.Firing",
        ".CommonLabels",
        ".Labels",
        ".StartsAt",
        ".Foo",
        "$x",
        "$.Status",
    ),
    *(
        "len ",
        "eq ",
        "index ",
        "toUpper",
        "join ",
        "since ",
        "tz ",
        "printf ",
        "html",
        "date ",
        "foo ",
        "slice ",
    ),
)


def render(text: str, *, html: bool = False) -> str:
    """amtool's complaint about a template; empty when it expanded it."""
    kind = "html" if html else "text"
    command = [str(_TOOLS.path("amtool")), "template", "render", "--template.glob=/none/*"]
    command += [f"--template.type={kind}", f"--template.text={text}"]
    done = subprocess.run(command, capture_output=True, check=False)
    return "" if done.returncode == 0 else done.stderr.decode() or f"exit {done.returncode}"


def complaints(templates: list[str], *, html: bool = False) -> dict[str, str]:
    """What amtool complains about, by template."""
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(partial(render, html=html), templates)
        return {text: words for text, words in zip(templates, found, strict=True) if words}


def mutant(source: random.Random, templates: tuple[str, ...] = GOOD + BAD) -> str:
    """A template that was good or bad, with pieces cut out, doubled or put in."""
    text = source.choice(templates)
    for _ in range(source.randint(1, 2)):
        at = source.randint(0, len(text))
        to = min(len(text), at + source.randint(0, 6))
        match source.randint(0, 3):
            case 0:
                text = text[:at] + text[to:]
            case 1:
                text = text[:at] + source.choice(_PIECES) + text[at:]
            case 2:
                text = text[:at] + source.choice(_PIECES) + text[to:]
            case _:
                other = source.choice(templates)
                text = text[:at] + other[source.randint(0, len(other)) :]
    return text


def test_amtool_expands_what_the_tables_call_good_and_refuses_what_they_call_bad():
    found = complaints([*GOOD, *BAD, *STRICTER])
    assert [text for text in (*GOOD, *STRICTER) if text in found] == []
    assert [text for text in BAD if text not in found] == []


def test_no_mutated_template_is_accepted_that_amtool_refuses():
    source = random.Random(20)
    drawn = {mutant(source) for _ in range(_MUTANTS)}
    accepted = sorted(text for text in drawn if check_template(text) is None)
    assert len(accepted) > 300, "most mutants are refused, so the comparison says little"
    assert complaints(accepted) == {}


def test_no_drawn_template_is_accepted_that_amtool_refuses():
    source = random.Random(23)
    drawn = {drawn_templates.template(source) for _ in range(_DRAWN)}
    accepted = sorted(text for text in drawn if check_template(text) is None)
    assert len(accepted) > 100, "most that is drawn is refused, so the comparison says little"
    assert complaints(accepted) == {}


def test_amtool_escapes_what_the_tables_call_good_html_and_refuses_what_they_call_bad():
    found = complaints([*GOOD_HTML, *BAD_HTML], html=True)
    assert [text for text in GOOD_HTML if text in found] == []
    assert [text for text in BAD_HTML if text not in found] == []


def test_no_mutated_html_is_accepted_that_amtool_refuses():
    source = random.Random(22)
    drawn = {mutant(source, GOOD_HTML + BAD_HTML) for _ in range(_MUTANTS // 2)}
    accepted = sorted(text for text in drawn if check_template(text, html=True) is None)
    assert len(accepted) > 200, "most mutants are refused, so the comparison says little"
    assert complaints(accepted, html=True) == {}


def test_most_of_what_is_refused_is_refused_by_amtool_too():
    source = random.Random(21)
    drawn = {mutant(source) for _ in range(500)}
    refused = sorted(text for text in drawn if check_template(text) is not None)[:200]
    taken = set(refused) - complaints(refused).keys()
    assert len(taken) <= len(refused) * 0.1, sorted(taken)


@pytest.mark.parametrize(
    "text", [text for name, text in vars(texts).items() if name.isupper() and isinstance(text, str)]
)
def test_our_own_texts_expand_as_text_and_as_html(text: str):
    if "{{ .StartsAt" in text and "range" not in text:
        text = f"{{{{ range .Alerts }}}}{text}{{{{ end }}}}"
    assert check_template(text) is None
    assert render(text) == ""
    assert render(text, html=True) == ""
