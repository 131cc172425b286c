"""``python -m podium_scorer``: what the platform runs is what anybody runs at home.

Exit codes of score, check and prepare: 0 all is well, 2 the participant's file has
faults, 1 the organizer's solution, sample or metric has. The answer is one JSON object on
standard output. lint ends with 1 where it finds an error, with --strict also for a
warning. Wrong usage of the command itself ends with 64.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from podium_scorer import __version__
from podium_scorer.catalogue import (
    MetricInfo,
    ParamInfo,
    nearest_metrics,
    search_metrics,
)
from podium_scorer.contract import ARRAY_FORMATS, TABLE_FORMATS, ParamValue
from podium_scorer.cpu import settle

EXIT_USAGE = 64


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code."""
    options = _parser().parse_args(arguments)
    code: int = options.run(options)
    return code


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(EXIT_USAGE, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="podium_scorer", description=__doc__)
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    score = commands.add_parser("score", help="score a submission against a solution")
    score.add_argument("--solution", type=Path, required=True)
    score.add_argument("--submission", type=Path, required=True)
    score.add_argument("--sample", type=Path, help="the sample submission, if any")
    _add_metric(score, own=True)
    _add_formats(score)
    score.set_defaults(run=_score)
    check = commands.add_parser("check", help="check a submission without a solution")
    check.add_argument("--sample", type=Path, required=True)
    check.add_argument("--submission", type=Path, required=True)
    _add_metric(check)
    _add_formats(check)
    check.set_defaults(run=_check)
    prepare = commands.add_parser("prepare", help="check a solution, make its index")
    prepare.add_argument("--solution", type=Path, required=True)
    prepare.add_argument("--sample", type=Path)
    prepare.add_argument("--output", type=Path, help="where to write the index")
    _add_metric(prepare, own=True)
    prepare.set_defaults(run=_prepare)
    lint = commands.add_parser("lint", help="look for what makes a competition unfair")
    lint.add_argument("folder", type=Path, metavar="FOLDER", help="a bundle's folder")
    lint.add_argument(
        "--strict", action="store_true", help="warnings fail as errors do"
    )
    lint.add_argument("--json", action="store_true", help="the findings as JSON")
    lint.set_defaults(run=_lint)
    metrics = commands.add_parser("metrics", help="list the metrics, or find some")
    metrics.add_argument(
        "query", nargs="*", metavar="WORD", help="words that names or summaries have"
    )
    metrics.add_argument(
        "--json", action="store_true", help="everything known, as JSON"
    )
    metrics.set_defaults(run=_metrics)
    serve = commands.add_parser("serve", help="do one job from standard input")
    serve.add_argument(
        "--custom", action="store_true", help="load what organizers' metrics need"
    )
    serve.set_defaults(run=_serve)
    return parser


def _add_metric(parser: argparse.ArgumentParser, *, own: bool = False) -> None:
    """``own`` demands a metric, which may then be one of the organizer's own code."""
    choice = parser.add_mutually_exclusive_group(required=own)
    choice.add_argument("--metric", metavar="NAME", help="one that `metrics` lists")
    if own:
        choice.add_argument(
            "--metric-file",
            type=Path,
            metavar="FILE",
            help="your own, a Python file with score(solution, submission, "
            "row_id_column_name, ...); it runs here with all that you may do, and "
            "needs --sample",
        )
    parser.add_argument(
        "--param",
        type=_param,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the metric; may be given several times",
    )
    parser.add_argument("--id-column", metavar="NAME", help="default: the first column")


def _add_formats(parser: argparse.ArgumentParser) -> None:
    every = (*TABLE_FORMATS, *ARRAY_FORMATS)
    parser.add_argument(
        "--formats",
        type=_formats,
        default=every,
        metavar="NAMES",
        help=f"what the competition takes, of {','.join(every)} (default: all)",
    )


def _formats(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    known = (*TABLE_FORMATS, *ARRAY_FORMATS)
    for name in names:
        if name not in known:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
    return names


def _param(text: str) -> tuple[str, ParamValue]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    try:
        parsed: ParamValue = json.loads(value)
    except ValueError:
        return name, value
    return name, parsed


def _run(name: str, options: argparse.Namespace) -> int:
    """Run a command that needs numpy, which ``metrics`` and ``--help`` do without."""
    settle()
    own = getattr(options, "metric_file", None) is not None
    module = "custom_commands" if own else "commands"
    commands = importlib.import_module(f"podium_scorer.{module}")
    answer, code = getattr(commands, name)(options)
    print(json.dumps(answer, indent=2 if sys.stdout.isatty() else None))
    return int(code)


def _score(options: argparse.Namespace) -> int:
    return _run("score", options)


def _check(options: argparse.Namespace) -> int:
    return _run("check", options)


def _prepare(options: argparse.Namespace) -> int:
    return _run("prepare", options)


def _lint(options: argparse.Namespace) -> int:
    settle()
    commands = importlib.import_module("podium_scorer.lint_command")
    text, code = commands.lint(
        options.folder, strict=options.strict, as_json=options.json
    )
    print(text)
    return int(code)


def _serve(options: argparse.Namespace) -> NoReturn:
    settle()
    importlib.import_module("podium_scorer.serve").serve(custom=options.custom)
    raise AssertionError("serve ends the process")


def _metrics(options: argparse.Namespace) -> int:
    query = " ".join(options.query)
    found = search_metrics(query)
    if options.json:
        print(json.dumps([info.to_json() for info in found], indent=2))
    else:
        print("".join(map(_listed, found)), end="")
    if found:
        return 0
    near = nearest_metrics(query)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    sys.stderr.write(f"No metric has {query!r}.{hint}\n")
    return 1


def _listed(info: MetricInfo) -> str:
    """A metric with its parameters, for reading."""
    first = f"{info.name:24} {info.title} ({info.family}; {info.direction} is better)"
    names = f"{'':24} also {', '.join(info.aliases)}" if info.aliases else ""
    rest = [names, *(_listed_param(param) for param in info.params)]
    return "\n".join([first, f"{'':24} {info.summary}", *filter(None, rest)]) + "\n"


def _listed_param(param: ParamInfo) -> str:
    default = "needed" if param.required else f"default {json.dumps(param.default)}"
    return f"{'':24}   --param {param.name}=...  {param.doc} ({default})"


if __name__ == "__main__":
    sys.exit(main())
