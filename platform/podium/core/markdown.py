"""Markdown from organizers and users as safe HTML: no raw HTML, formulas as MathML."""

from __future__ import annotations

import html
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import nh3
from latex2mathml.converter import convert as latex_to_mathml
from markdown_it import MarkdownIt
from markupsafe import Markup
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.tasklists import tasklists_plugin
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound


def words(text: str) -> set[str]:
    """The words of a text."""
    return set(text.split())


MATHML = words(
    "math annotation mfrac mi mn mo mover mpadded mphantom mroot mrow ms mspace msqrt "
    "mstyle msub msubsup msup mtable mtd mtext mtr munder munderover semantics menclose"
)
MATH_ATTRIBUTES = words(
    "accent accentunder columnalign columnlines columnspacing display displaystyle fence "
    "form linethickness lspace mathvariant maxsize minsize movablelimits notation rowlines "
    "rowspacing rspace scriptlevel separator stretchy symmetric width"
)
HTML_TAGS = words(
    "a abbr b blockquote br caption code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr "
    "i img input kbd li ol p pre s section span strong sub summary sup table tbody td "
    "tfoot th thead tr ul"
)
ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "title", "id"},
    "img": {"src", "alt", "title", "width", "height"},
    "input": {"type", "checked", "disabled"},
    "ol": {"start"},
    "th": {"align"},
    "td": {"align"},
    "*": {"id"},
    "div": {"tabindex"},
    "pre": {"tabindex"},
    **dict.fromkeys(MATHML, MATH_ATTRIBUTES),
}
# Classes that our own steps give; anything else loses its class.
CLASSES = {
    "div": {"highlight", "math", "block", "table-wrap"},
    "span": set(),
    "pre": {"highlight"},
    "a": {"footnote-ref", "footnote-backref"},
    "section": {"footnotes"},
    "ul": {"contains-task-list"},
    "li": {"task-list-item", "footnote-item"},
    "input": {"task-list-item-checkbox"},
    "p": {"first"},
}
TEX_CHARS = 4000


def render(text: str, *, headings_from: int = 2) -> Markup:
    """The Markdown as safe HTML, its headings beginning at ``headings_from``."""
    return Markup(_render(text, headings_from))  # noqa: S704  # nh3 cleaned it


@lru_cache(maxsize=512)
def _render(text: str, headings_from: int) -> str:
    env: dict[str, Any] = {}
    tokens = _PARSER.parse(text, env)
    highest = min(
        (int(t.tag[1]) for t in tokens if t.type == "heading_open"), default=1
    )
    shift = headings_from - highest
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, max(1, int(token.tag[1]) + shift))}"
    raw = _PARSER.renderer.render(tokens, _PARSER.options, env)
    return nh3.clean(
        raw,
        tags={*HTML_TAGS, *MATHML},
        attributes=ATTRIBUTES,
        attribute_filter=_keep,
        # What scrolls sideways must be reachable by keyboard.
        set_tag_attribute_values={"pre": {"tabindex": "0"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener nofollow ugc",
    )


def formula(tex: str, *, block: bool = True) -> Markup:
    """A LaTeX formula as MathML; as code where it can't be read."""
    return Markup(_math(tex, {"display_mode": block}))  # noqa: S704  # escaped or MathML


def _keep(tag: str, name: str, value: str) -> str | None:
    if name == "class":
        allowed = CLASSES.get(tag, set())
        kept = [word for word in value.split() if word in allowed or tag == "span"]
        return " ".join(kept) or None
    if tag == "input" and name == "type":
        return value if value == "checkbox" else None
    return value


def _math(tex: str, options: Mapping[str, Any]) -> str:
    block = bool(options.get("display_mode"))
    try:
        if len(tex) > TEX_CHARS:
            raise ValueError("too long a formula")
        return str(latex_to_mathml(tex, display="block" if block else "inline"))
    except Exception:  # the converter raises many kinds for TeX that it can't read
        return f"<code>{html.escape(tex)}</code>"


def _code(code: str, language: str, _attributes: str) -> str:
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return f'<pre class="highlight">{html.escape(code)}</pre>'
    formatter = HtmlFormatter(nowrap=True)
    return (
        f'<pre class="highlight"><code>{highlight(code, lexer, formatter)}</code></pre>'
    )


def _parser() -> MarkdownIt:
    parser = MarkdownIt(
        "commonmark", {"html": False, "linkify": False, "highlight": _code}
    )
    parser.enable(["table", "strikethrough"])
    parser.use(dollarmath_plugin, renderer=_math, allow_digits=False)
    parser.use(footnote_plugin).use(tasklists_plugin)
    parser.use(anchors_plugin, max_level=4, permalink=False)
    parser.add_render_rule("math_block", _math_block)
    parser.add_render_rule("table_open", _table_open)
    parser.add_render_rule("table_close", _table_close)
    return parser


def _math_block(_self: Any, tokens: Any, index: int, _options: Any, _env: Any) -> str:
    formula = _math(tokens[index].content, {"display_mode": True})
    return f'<div class="math block" tabindex="0">{formula}</div>\n'


def _table_open(_self: Any, _tokens: Any, _index: int, _options: Any, _env: Any) -> str:
    return '<div class="table-wrap" tabindex="0"><table>\n'


def _table_close(
    _self: Any, _tokens: Any, _index: int, _options: Any, _env: Any
) -> str:
    return "</table></div>\n"


for _tag in CLASSES:
    ATTRIBUTES[_tag] = ATTRIBUTES.get(_tag, set()) | {"class"}
_PARSER = _parser()
