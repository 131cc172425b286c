"""``lint``: the linter's findings for reading, or as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from podium_scorer.lint import Lint, lint_folder
from podium_scorer.lint_findings import Finding, Severity


def lint(folder: Path, *, strict: bool, as_json: bool) -> tuple[str, int]:
    """What to print, and the exit code: 1 for errors, where strict also for warnings."""
    result = lint_folder(folder)
    failing = [Severity.ERROR, *([Severity.WARNING] if strict else [])]
    code = int(any(result.count(severity) for severity in failing))
    if as_json:
        return json.dumps(result.to_json(), indent=2), code
    return _told(folder, result), code


def _told(folder: Path, result: Lint) -> str:
    numbers = {each: result.count(each) for each in Severity}
    counts = ", ".join(f"{n} {each}{'s' * (n != 1)}" for each, n in numbers.items())
    lines = [line for finding in result.findings for line in _lines(finding)]
    skipped = [
        f"not applied  {code}: {why}" for code, why in result.not_applied.items()
    ]
    return "\n".join([*lines, *skipped, f"{folder}: {counts}."])


def _lines(finding: Finding) -> list[str]:
    line = "" if finding.line is None else f":{finding.line}"
    place = f"{finding.file}{line}: " if finding.line is not None else ""
    first = f"{finding.severity:7} {finding.code}: {place}{finding.message}"
    return [first, f"        {finding.advice}"]
