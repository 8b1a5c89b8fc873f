"""``fireline run`` where it cannot work: one clear line and an exit code, never a traceback or silence."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.bed.ports import free_port

KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: it
contexts: [{{name: it, context: {{cluster: it, user: it}}}}]
clusters: [{{name: it, cluster: {{server: "{server}"}}}}]
users: [{{name: it, user: {user}}}]
"""


def kubeconfig(folder: Path, *, server: str = "http://127.0.0.1:1", user: str = "{}") -> str:
    path = folder / "kubeconfig"
    path.write_text(KUBECONFIG.format(server=server, user=user))
    return str(path)


def operator(*flags: str, **environment: str) -> subprocess.Popen[str]:
    command = [Path(sys.executable).with_name("fireline"), "run", "--host", "127.0.0.1", *flags]
    return subprocess.Popen(
        command, env={**os.environ, **environment}, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


def ended(*flags: str, **environment: str) -> tuple[int, str]:
    """Exit code and stderr of an operator that ends by itself."""
    with operator(*flags, **environment) as process:
        _, said = process.communicate(timeout=60)
    assert "Traceback" not in said
    return process.returncode, said


@pytest.mark.parametrize("content", [None, "", "a: [", "apiVersion: v1", "- a"])
def test_a_kubeconfig_that_cannot_be_used_ends_the_operator(tmp_path, content):
    path = tmp_path / "kubeconfig"
    if content is not None:
        path.write_text(content)
    code, said = ended("--port", "0", KUBECONFIG=str(path))
    assert code == 1
    assert "No way to reach a Kubernetes API server" in said


def test_certificates_that_cannot_be_used_end_the_operator(tmp_path):
    (tmp_path / "crt").write_text("no certificate")
    user = f"{{client-certificate: {tmp_path}/crt, client-key: {tmp_path}/crt}}"
    config = kubeconfig(tmp_path, server="https://127.0.0.1:1", user=user)
    code, said = ended("--port", "0", KUBECONFIG=config)
    assert code == 1
    assert "certificates of the kubeconfig cannot be used" in said


def test_a_port_in_use_ends_the_operator_and_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, said = ended("--port", port, KUBECONFIG=kubeconfig(tmp_path))
    assert code == 1
    assert f"Cannot listen on http://127.0.0.1:{port}: Address already in use" in said


def test_settings_that_cannot_be_used_are_wrong_usage():
    code, said = ended(FIRELINE_SOURCES="{bad")
    assert code == 2
    assert 'value for field "sources"' in said


def test_an_api_server_that_cannot_be_reached_is_told_about_once_per_kind(tmp_path):
    config = kubeconfig(tmp_path, server=f"http://127.0.0.1:{free_port()}")
    with operator("--port", "0", "--log-format", "json", KUBECONFIG=config) as process:
        assert process.stderr
        warned: list[str] = []
        for line in process.stderr:
            record = json.loads(line)
            if record["level"] == "warning":
                warned.append(record["resource"])
                assert "Connect call failed" in record["error"]
            if len(warned) == 4:
                break
        process.terminate()
        assert process.wait(timeout=120) == 0
    assert len(set(warned)) == 4
