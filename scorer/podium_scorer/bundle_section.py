"""Sections of competition.yaml: each value read with its fault, line and what is expected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import yaml

from podium_scorer.bundle_faults import FaultList, listed, nearest, quoted
from podium_scorer.bundle_yaml import (
    MANIFEST,
    TAG,
    WHOLE,
    is_null,
    kind_of,
    line_of,
    scalar_value,
)
from podium_scorer.contract import ParamValue

Pair: TypeAlias = tuple[yaml.ScalarNode, yaml.Node]


@dataclass(frozen=True)
class Section:
    """One mapping of the manifest. ``where`` is its path in dots, empty at the top.

    Each reader notes a fault and returns a placeholder where the value is missing or
    wrong; ``line`` is the line of the section's own key.
    """

    where: str
    line: int
    pairs: Mapping[str, Pair]
    faults: FaultList

    @classmethod
    def read(
        cls,
        node: yaml.MappingNode,
        *,
        where: str,
        line: int,
        known: Iterable[str],
        faults: FaultList,
    ) -> Section:
        """The section of a mapping node; notes unknown and repeated keys."""
        pairs: dict[str, Pair] = {}
        for key, value in node.value:
            name = _key_name(key, where, faults)
            if name is None:
                continue
            if name in pairs:
                faults.add(
                    MANIFEST,
                    line_of(key),
                    f"The key {_path(where, name)} stands twice, first on line "
                    f"{line_of(pairs[name][0])}.",
                    "every key once.",
                )
            elif name not in known:
                faults.add(
                    MANIFEST,
                    line_of(key),
                    f"The key {quoted(_path(where, name), 80)} is unknown."
                    + nearest(name, known),
                    f"one of {', '.join(sorted(known))}.",
                )
            else:
                pairs[name] = (key, value)
        return cls(where, line, pairs, faults)

    def path(self, key: str) -> str:
        """A key with the path of its section."""
        return _path(self.where, key)

    def line_at(self, key: str) -> int:
        """The line of a key, or of the section where the key is missing."""
        return line_of(self.pairs[key][0]) if key in self.pairs else self.line

    def fault(self, key: str, problem: str, expected: str) -> None:
        """Note a fault of a key."""
        self.faults.add(MANIFEST, self.line_at(key), problem, expected)

    def has(self, key: str) -> bool:
        """Whether the key is there and has a value."""
        return key in self.pairs and not is_null(self.pairs[key][1])

    def node(self, key: str, expected: str) -> yaml.Node | None:
        """The node of a required key; notes a fault and returns None if it is missing."""
        if not self.has(key):
            where = f"{self.where} has" if self.where else "There is"
            self.fault(key, f"{where} no {key}.", expected)
            return None
        return self.pairs[key][1]

    def text(self, key: str, expected: str, *, most: int = 200) -> str:
        """A required text on one line of at most ``most`` characters."""
        node = self.node(key, expected)
        return "" if node is None else self.text_of(node, key, expected, most=most)

    def text_of(
        self, node: yaml.Node, key: str, expected: str, *, most: int = 200
    ) -> str:
        """The text of a node that belongs to ``key``."""
        path, line = self.path(key), line_of(node)
        if not isinstance(node, yaml.ScalarNode) or node.tag != TAG + "str":
            hint = " Put it in quotes." if isinstance(node, yaml.ScalarNode) else ""
            self.faults.add(
                MANIFEST,
                line,
                f"{path} is {kind_of(node)}, not a text.",
                expected + hint,
            )
            return ""
        value = str(node.value).strip()
        if not value:
            self.faults.add(MANIFEST, line, f"{path} is empty.", expected)
        elif not value.isprintable():
            self.faults.add(
                MANIFEST,
                line,
                f"{path} holds a line break or a character that can't be shown.",
                expected,
            )
        elif len(value) > most:
            self.faults.add(
                MANIFEST,
                line,
                f"{path} has {len(value)} characters, more than {most}.",
                expected,
            )
        return value

    def number(self, key: str, expected: str, *, least: int, most: int) -> int:
        """A required whole number from ``least`` to ``most``."""
        node = self.node(key, expected)
        if node is None:
            return least
        if (
            not isinstance(node, yaml.ScalarNode)
            or node.tag != TAG + "int"
            or not WHOLE.fullmatch(node.value)
        ):
            self.fault(key, f"{self.path(key)} is not a whole number.", expected)
            return least
        digits = node.value.replace("_", "")
        value = int(digits) if len(digits) <= 18 else most + 1
        if not least <= value <= most:
            self.fault(
                key, f"{self.path(key)} is not between {least} and {most}.", expected
            )
            return least
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """An optional yes or no."""
        if not self.has(key):
            return default
        node = self.pairs[key][1]
        value = self.plain(key, node)
        if not isinstance(value, bool):
            self.fault(key, f"{self.path(key)} is {kind_of(node)}.", "true or false.")
            return default
        return value

    def section(
        self, key: str, expected: str, *, known: Iterable[str]
    ) -> Section | None:
        """A required section, or None after noting a fault."""
        node = self.node(key, expected)
        if node is None:
            return None
        if not isinstance(node, yaml.MappingNode):
            self.fault(key, f"{self.path(key)} is {kind_of(node)}.", expected)
            return None
        return Section.read(
            node,
            where=self.path(key),
            line=self.line_at(key),
            known=known,
            faults=self.faults,
        )

    def items(self, key: str, expected: str) -> Iterator[yaml.Node]:
        """The nodes of a required list; an empty or missing one is a fault."""
        node = self.node(key, expected)
        if node is None:
            return
        if not isinstance(node, yaml.SequenceNode):
            self.fault(
                key, f"{self.path(key)} is {kind_of(node)}, not a list.", expected
            )
        elif not node.value:
            self.fault(key, f"{self.path(key)} is empty.", expected)
        else:
            yield from node.value

    def sections(
        self, key: str, expected: str, *, known: Iterable[str]
    ) -> Iterator[Section]:
        """The sections of a required list of sections."""
        for place, node in enumerate(self.items(key, expected), start=1):
            where = f"{self.path(key)}[{place}]"
            if isinstance(node, yaml.MappingNode):
                yield Section.read(
                    node,
                    where=where,
                    line=line_of(node),
                    known=known,
                    faults=self.faults,
                )
            else:
                self.faults.add(
                    MANIFEST, line_of(node), f"{where} is {kind_of(node)}.", expected
                )

    def words(
        self, key: str, expected: str, *, choice: frozenset[str] | None = None
    ) -> tuple[str, ...]:
        """A list of different short texts, each one of ``choice`` if there is one."""
        found: list[str] = []
        for node in self.items(key, expected):
            word = self.text_of(node, key, expected, most=100)
            if not word:
                continue
            if word in found:
                self.faults.add(
                    MANIFEST,
                    line_of(node),
                    f"{self.path(key)} names {quoted(word)} twice.",
                    "each once.",
                )
            elif choice is not None and word not in choice:
                self.faults.add(
                    MANIFEST,
                    line_of(node),
                    f"{self.path(key)} names {quoted(word)}, which is unknown."
                    + nearest(word, choice),
                    f"{listed(sorted(choice))}.",
                )
            found.append(word)
        return tuple(found)

    def params(self, key: str, expected: str) -> dict[str, ParamValue]:
        """An optional mapping of plain values, any names."""
        if not self.has(key):
            return {}
        node = self.pairs[key][1]
        if not isinstance(node, yaml.MappingNode):
            self.fault(key, f"{self.path(key)} is {kind_of(node)}.", expected)
            return {}
        names = frozenset(str(name.value) for name, _ in node.value)
        section = Section.read(
            node,
            where=self.path(key),
            line=self.line_at(key),
            known=names,
            faults=self.faults,
        )
        return {
            name: section.plain(name, value)
            for name, (_, value) in section.pairs.items()
        }

    def plain(self, key: str, node: yaml.Node) -> ParamValue:
        """A text, number, yes or no, nothing, or a list of these."""
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(key, item) for item in node.value]
        if isinstance(node, yaml.ScalarNode):
            try:
                return scalar_value(node)
            except ValueError:
                pass
        self.faults.add(
            MANIFEST,
            line_of(node),
            f"{self.path(key)} holds {kind_of(node)} that is not taken here.",
            "a text, a finite number, true, false, null, or a list of these.",
        )
        return None


def _key_name(key: yaml.Node, where: str, faults: FaultList) -> str | None:
    if isinstance(key, yaml.ScalarNode):
        return str(key.value)
    faults.add(
        MANIFEST,
        line_of(key),
        f"A key of {where or 'the file'} is {kind_of(key)}.",
        "a word as key.",
    )
    return None


def _path(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key
