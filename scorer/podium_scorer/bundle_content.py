"""Pages and data files of a bundle."""

from __future__ import annotations

import re

from podium_scorer.bundle_faults import quoted
from podium_scorer.bundle_files import BundleFile, Folder
from podium_scorer.bundle_section import Section
from podium_scorer.bundle_types import DataFile, Page
from podium_scorer.bundle_yaml import MANIFEST

REQUIRED_PAGES = ("description", "rules", "data")
PAGE_BYTES = 256 * 1024

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_WORD = "small letters, digits and single hyphens between them, like wine-cultivars."
_PATH = "a path below the bundle's folder, like data/train.csv."


def slug_of(section: Section, key: str) -> str:
    slug = section.text(key, _WORD, most=50)
    if slug and not (_SLUG.fullmatch(slug) and len(slug) > 1):
        section.fault(key, f"{section.path(key)} is {quoted(slug)}.", _WORD)
    return slug


def file_of(section: Section, key: str, folder: Folder) -> BundleFile | None:
    path = section.text(key, _PATH, most=400)
    said_in = (MANIFEST, section.line_at(key))
    return folder.find(path, said_in=said_in) if path else None


def read_pages(top: Section, folder: Folder) -> tuple[Page, ...]:
    keys = ("name", "title", "file")
    expected = "a list of pages, each with name, title and file."
    pages: list[Page] = []
    names: set[str] = set()
    for section in top.sections("pages", expected, known=keys):
        name = slug_of(section, "name")
        if name in names:
            section.fault("name", f"There are two pages {quoted(name)}.", "one each.")
        names.add(name)
        title = section.text("title", "the page's heading.", most=120)
        file = file_of(section, "file", folder)
        if file is not None:
            text = _page_text(section, file)
            pages.append(Page(name=name, title=title, file=file, text=text))
    for name in REQUIRED_PAGES:
        if top.has("pages") and name not in names:
            top.fault(
                "pages", f"There is no page {name}.", "description, rules and data."
            )
    return tuple(pages)


def _page_text(section: Section, file: BundleFile) -> str:
    problem = ""
    text = ""
    if not file.file.endswith(".md"):
        problem = "is no .md file"
    elif file.size > PAGE_BYTES:
        problem = f"has {file.size} bytes, more than {PAGE_BYTES}"
    else:
        try:
            text = file.path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError:
            problem = "is not UTF-8 text"
        else:
            problem = "" if text.strip() else "is empty"
    if problem:
        section.fault(
            "file",
            f"The page {quoted(file.file, 120)} {problem}.",
            "Markdown in UTF-8.",
        )
    return text


def read_data(top: Section, folder: Folder) -> tuple[DataFile, ...]:
    keys = ("file", "description")
    expected = "a list of files to download, each with file and description."
    data: list[DataFile] = []
    names: dict[str, str] = {}
    for section in top.sections("data", expected, known=keys):
        said = "what the file holds."
        description = section.text("description", said, most=500)
        file = file_of(section, "file", folder)
        if file is None:
            continue
        # Windows and macOS would write one over the other.
        other = names.setdefault(file.name.casefold(), file.file)
        if other != file.file or any(file.file == known.file.file for known in data):
            section.fault(
                "file",
                f"Two data files are called {quoted(file.name)}.",
                "names that differ, since participants download them by name.",
            )
        data.append(DataFile(file=file, description=description))
    return tuple(data)
