"""Copies the front end's assets from node_modules into the repository.

``make vendor`` runs ``npm ci`` and then this. What it writes is committed, so that nobody
needs node to run or develop Podium, and no page asks another server for anything.
``platform/podium/static/vendor/manifest.json`` says what came from which version.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "platform/podium/static/vendor"

# Where a file stands in its package -> where it goes.
FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler/tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler/tabler.min.js",
    "@tabler/icons/LICENSE": "icons/LICENSE",
    "htmx.org/dist/htmx.min.js": "htmx/htmx.min.js",
    "htmx.org/LICENSE": "htmx/LICENSE",
    "uplot/dist/uPlot.iife.min.js": "uplot/uplot.min.js",
    "uplot/dist/uPlot.min.css": "uplot/uplot.min.css",
    "uplot/LICENSE": "uplot/LICENSE",
}
# Tabler's package carries no licence file; its scripts bundle Bootstrap's and Popper's.
TABLER_NOTICE = """\
tabler.min.css and tabler.min.js are taken from the npm package @tabler/core:

Copyright (c) 2018-2026 The Tabler Authors
Copyright (c) 2018-2026 codecalm.net Pawel Kuna

They contain Bootstrap, Copyright (c) 2011-2026 The Bootstrap Authors, and Popper,
Copyright (c) 2019 Federico Zivolo. All of them are under the MIT License:

"""
ICONS = (
    "adjustments",
    "alert-circle",
    "alert-triangle",
    "archive",
    "arrow-down",
    "arrow-left",
    "arrow-right",
    "arrow-up",
    "award",
    "ban",
    "bell",
    "book",
    "brand-github",
    "bulb",
    "calendar",
    "chart-bar",
    "chart-dots",
    "chart-line",
    "check",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "chevron-up",
    "circle-check",
    "circle-dashed",
    "circle-x",
    "clipboard",
    "clock",
    "code",
    "copy",
    "crown",
    "database",
    "dots",
    "dots-vertical",
    "download",
    "edit",
    "external-link",
    "eye",
    "eye-off",
    "file",
    "file-description",
    "file-spreadsheet",
    "file-zip",
    "filter",
    "flag",
    "flask",
    "folder",
    "gavel",
    "gift",
    "help",
    "help-circle",
    "history",
    "home",
    "hourglass",
    "info-circle",
    "key",
    "link",
    "list",
    "list-details",
    "loader-2",
    "lock",
    "lock-open",
    "login",
    "logout",
    "mail",
    "map-pin",
    "math-function",
    "medal",
    "menu-2",
    "message",
    "messages",
    "minus",
    "moon",
    "package",
    "paperclip",
    "pencil",
    "player-play",
    "plus",
    "receipt",
    "refresh",
    "rocket",
    "scale",
    "search",
    "send",
    "server",
    "settings",
    "share",
    "shield",
    "shield-check",
    "shield-lock",
    "sort-ascending",
    "sort-descending",
    "star",
    "sun",
    "table",
    "tag",
    "target",
    "terminal-2",
    "trash",
    "trending-down",
    "trending-up",
    "trophy",
    "upload",
    "user",
    "user-check",
    "user-plus",
    "users",
    "users-group",
    "world",
    "x",
)
SVG = "{http://www.w3.org/2000/svg}"
INHERITED = {
    "fill": "none",
    "stroke": "currentColor",
    "stroke-width": "2",
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
}


def symbol(name: str) -> ElementTree.Element:
    """The outline icon as a symbol ``icon-<name>``, without its invisible frame."""
    path = MODULES / f"@tabler/icons/icons/outline/{name}.svg"
    drawing = ElementTree.fromstring(path.read_text())  # noqa: S314 (a locked package)
    attributes = {"id": f"icon-{name}", "viewBox": "0 0 24 24", **INHERITED}
    element = ElementTree.Element("symbol", attributes)
    for shape in drawing:
        if shape.get("stroke") != "none":
            shape.tag = shape.tag.removeprefix(SVG)
            shape.tail = None
            element.append(shape)
    return element


def write_sprite() -> None:
    sprite = ElementTree.Element("svg", {"xmlns": SVG.strip("{}")})
    sprite.extend(symbol(name) for name in ICONS)
    ElementTree.indent(sprite, space="")
    target = VENDOR / "icons/icons.svg"
    target.write_text(ElementTree.tostring(sprite, encoding="unicode") + "\n")


def copy_file(source: str, target: str) -> None:
    """Copy one file, without the line that points to a source map nobody serves."""
    destination = VENDOR / target
    destination.parent.mkdir(parents=True, exist_ok=True)
    text = (MODULES / source).read_text()
    text = re.sub(r"\n(//|/\*)# sourceMappingURL=.*\s*$", "", text)
    destination.write_text(text.rstrip() + "\n")


def write_tabler_licence() -> None:
    licence = (MODULES / "@tabler/icons/LICENSE").read_text()
    terms = licence[licence.index("Permission is hereby granted") :]
    (VENDOR / "tabler/LICENSE").write_text(TABLER_NOTICE + terms.rstrip() + "\n")


def write_manifest() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    files = sorted(path for path in VENDOR.rglob("*") if path.is_file())
    manifest = {
        "packages": wanted,
        "files": {
            path.relative_to(VENDOR).as_posix(): hashlib.sha256(
                path.read_bytes()
            ).hexdigest()
            for path in files
        },
    }
    text = json.dumps(manifest, indent=2) + "\n"
    (VENDOR / "manifest.json").write_text(text)


def main() -> None:
    shutil.rmtree(VENDOR, ignore_errors=True)
    for source, target in FILES.items():
        copy_file(source, target)
    write_tabler_licence()
    write_sprite()
    write_manifest()
    count = sum(1 for path in VENDOR.rglob("*") if path.is_file())
    print(f"{count} files written to {VENDOR.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
