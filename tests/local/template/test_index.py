"""What a person is told of a stack."""

from __future__ import annotations

from pathlib import Path

from asgi_lambda.local.template.index import index, lines
from tests.local.template.templates import read


def test_lines(tmp_path: Path) -> None:
    found = read(tmp_path)
    found.notes.append("Other is not served: <why>")
    assert sorted(lines(found, "127.0.0.1:8000")) == [
        "Note: Other is not served: <why>",
        "Shop: function-url at http://shopurl.localhost:8000/ (every path)",
        "Shop: http-api-v1 at http://serverlesshttpapi.localhost:8000/ (GET /old)",
        "Shop: rest-api at http://api.localhost:8000/dev/ (GET /items/{id})",
        "Users: http-api at http://serverlesshttpapi.localhost:8000/ (GET /new/{id})",
        "Users: rest-api at http://api.localhost:8000/dev/ (ANY /users/{proxy+})",
    ]


def test_page(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert "Notes" not in index(found, "localhost:8000")
    found.notes.append("Other is not served: <why>")
    page = index(found._replace(doors=found.doors[:0]), "localhost:8000")
    assert "&lt;why&gt;" in page
    assert "inspector" not in page
    assert 'href="http://shop.localhost:8000/_lambda"' in index(found, "localhost:8000")
