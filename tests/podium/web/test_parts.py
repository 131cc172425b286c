"""Markdown, filters, static files and streamed forms, each for itself."""

from __future__ import annotations

import gzip
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask, Request
from werkzeug.test import EnvironBuilder

from podium.core import filters, uploads
from podium.core.errors import Invalid
from podium.core.markdown import formula, render
from podium.core.storage import pieces
from tests.podium.web.people import Person

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a **b**", "<p>a <strong>b</strong></p>"),
        ("# One\n\n## Two", "<h2"),
        ("~~old~~", "<s>old</s>"),
        ("- [x] done", 'type="checkbox"'),
        ("| a |\n|---|\n| 1 |", '<div class="table-wrap"'),
        ("```python\nimport os\n```", '<span class="kn">import</span>'),
        ("```\nplain <b>\n```", "plain &lt;b&gt;"),
        ("$x^2$", "<math"),
        ("$$\\nx^2\\n$$", '<div class="math block" tabindex="0">'),
        ("costs $5 and $6", "costs $5 and $6"),
        ("$\\unreadable{$", "<code>"),
        ("[ours](/help)", 'href="/help"'),
        ("[out](https://example.org)", 'rel="noopener nofollow ugc"'),
    ],
)
def test_markdown_becomes_html(text: str, wanted: str) -> None:
    assert wanted in render(text)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "![x](javascript:alert(1))",
        "<svg/onload=alert(1)>",
        "```html\n<script>alert(1)</script>\n```",
        "$\\text{<script>alert(1)</script>}$",
        "$\\href{javascript:alert(1)}{x}$",
        '[x](https://e.org "a\\" onmouseover=alert(1) b")',
        "<style>*{display:none}</style>",
        '<a href="x" style="position:fixed">y</a>',
    ],
)
def test_markdown_carries_no_script_and_no_style(text: str) -> None:
    page = str(render(text))
    tags = [part.split(">")[0] for part in page.split("<")[1:]]
    for tag in tags:
        assert not tag.lower().startswith(("script", "style", "svg", "iframe"))
        assert "javascript:" not in tag.lower()
        assert "data:" not in tag.lower()
        assert " style=" not in tag
        assert not re.search(r"""\son\w+\s*=""", re.sub(r'"[^"]*"', "", tag))


def test_headings_keep_their_order_below_the_pages() -> None:
    page = render("## First\n\n### Second", headings_from=3)
    assert "<h3" in page
    assert "<h4" in page
    assert "<h2" not in page


def test_a_formula_that_cannot_be_read_is_shown_as_it_is() -> None:
    assert "<math" in formula(r"\frac{a}{b}")
    assert formula("x" * 5000).startswith("<code>")


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(0.5, 5, "0.50000"), (-1.25, 2, "−1.25"), (0.0, 3, "0.000"), (1e-9, 5, "1.000e−09"),
     (3e12, 2, "3.000e+12"), (None, 5, "–"), (float("nan"), 5, "–"), (123456.7, 1, "123456.7")],
)  # fmt: skip
def test_scores_read(value: float | None, decimals: int, text: str) -> None:
    assert filters.score(value, decimals) == text


@pytest.mark.parametrize(
    ("distance", "text"),
    [(timedelta(days=3, hours=5), "in 3 days"), (timedelta(seconds=-7200), "2 hours ago"),
     (timedelta(seconds=-10), "just now"), (timedelta(seconds=10), "in a moment"),
     (timedelta(days=-400), "1 year ago"), (timedelta(minutes=1), "in 1 minute")],
)  # fmt: skip
def test_times_read(distance: timedelta, text: str) -> None:
    assert filters.relative(NOON + distance, NOON) == text


def test_the_other_filters_read() -> None:
    assert filters.absolute(NOON) == "23 Nov 2026, 12:00 UTC"
    assert filters.iso(NOON) == "2026-11-23T12:00:00Z"
    assert [filters.ordinal(n) for n in (1, 2, 3, 4, 11, 12, 21, 112)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "21st", "112th",
    ]  # fmt: skip
    assert filters.share(0.001) == f"1{NBSP}%"
    assert filters.share(0.999) == f"99{NBSP}%"
    assert filters.plural(1, "entry", "entries") == "1 entry"
    assert filters.plural(1200, "entry", "entries") == "1,200 entries"
    assert filters.initials("Ada Byron Lovelace") == "AL"
    assert filters.initials("x") == "X"
    assert filters.span(59.6) == "60 seconds"


def test_static_files_are_packed_and_kept_for_ever_under_their_version(
    app: Flask, visitor: Person
) -> None:
    with app.test_request_context():
        address = app.jinja_env.globals["asset"]("css/podium.css")  # type: ignore[operator]
    plain = visitor.get(address)
    packed = visitor.get(address, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert "immutable" in plain.headers["Cache-Control"]
    assert (
        "immutable"
        not in visitor.get("/static/css/podium.css").headers["Cache-Control"]
    )
    again = visitor.get(address, headers={"If-None-Match": plain.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "name",
    [
        "../settings.py",
        "css/../../settings.py",
        "%2e%2e/settings.py",
        "css",
        "no.css",
        "x" * 300,
    ],
)
def test_nothing_but_static_files_is_served(visitor: Person, name: str) -> None:
    assert visitor.get(f"/static/{name}").status_code in {404, 308}


def form(*parts: tuple[str, str, bytes], ends: bool = True) -> Request:
    """A request with a multipart body: (name, file name or nothing, content)."""
    body = b""
    for name, file_name, content in parts:
        extra = f'; filename="{file_name}"' if file_name else ""
        head = f'Content-Disposition: form-data; name="{name}"{extra}'
        body += b"--b\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n"
    body += b"--b--\r\n" if ends else b""
    builder = EnvironBuilder(
        method="POST",
        input_stream=io.BytesIO(body),
        content_length=len(body),
        content_type="multipart/form-data; boundary=b",
    )
    return Request(builder.get_environ())


@pytest.mark.parametrize("size", [0, 1, 8191, 262_144, 1_000_003])
def test_a_forms_file_comes_through_whole(size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    content = content[:size]
    request = form(("csrf_token", "", b"t"), ("file", "a.csv", content))
    upload = uploads.open_upload(request, most_bytes=10**8)
    assert upload.fields == {"csrf_token": "t"}
    assert upload.file_name == "a.csv"
    read = list(pieces(upload.stream, 5000))
    assert max(map(len, read), default=0) <= 5000
    assert b"".join(read) == content


def test_a_form_without_a_file_is_refused() -> None:
    with pytest.raises(Invalid, match="Choose the file"):
        uploads.open_upload(form(("csrf_token", "", b"t")), most_bytes=100)


def test_a_field_that_never_ends_is_refused() -> None:
    request = form(("description", "", b"x" * 100_000), ("file", "a", b""))
    with pytest.raises(uploads.CutShort):
        uploads.open_upload(request, most_bytes=10**6)


def test_a_file_that_breaks_off_is_refused() -> None:
    request = form(("file", "a.csv", b"x" * 500_000), ends=False)
    upload = uploads.open_upload(request, most_bytes=10**6)
    with pytest.raises(uploads.CutShort):
        list(pieces(upload.stream, 65536))
