from __future__ import annotations

import os
from pathlib import Path

import pytest

from asgi_lambda import ConfigurationError
from asgi_lambda.local import variables


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"SET": "before"})


def test_variables(tmp_path: Path) -> None:
    (tmp_path / "env").write_text(
        "# A comment\n\nA=1\n  export B='two words'  # why\nC=\nD=a=b\nE=\"q'\"\nSET=after\nÉ=é\n",
        encoding="utf-8",
    )
    variables.load(str(tmp_path / "env"))
    found = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    expected = {"SET": "before", "A": "1", "B": "two words", "C": "", "D": "a=b", "E": "q'"}
    assert found == {**expected, "É": "é"}


@pytest.mark.parametrize(
    "line", ["A", "A=secret word", "1A=secret", "A='secret", "=secret"], ids=list("abcde")
)
def test_line_that_is_none(tmp_path: Path, line: str) -> None:
    (tmp_path / "env").write_text(f"FIRST=1\n{line}\n")
    with pytest.raises(ConfigurationError, match="env, line 2: expected NAME=value") as caught:
        variables.load(str(tmp_path / "env"))
    assert "secret" not in str(caught.value)


def test_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="expected a text file to read"):
        variables.load(str(tmp_path))
    (tmp_path / "binary").write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="expected a text file to read"):
        variables.load(str(tmp_path / "binary"))
