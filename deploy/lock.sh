#!/bin/sh
# Writes constraints.txt: the exact version of everything, for every system and Python,
# without the addresses of any package index. Run it after changing a dependency:
#
#   deploy/lock.sh             keeps what is locked and still fits
#   deploy/lock.sh --upgrade   takes the newest of everything
set -eu

cd "$(dirname "$0")/.."
if ! command -v uv >/dev/null 2>&1; then
    echo "Locking needs uv, which resolves for every system at once: pip install uv" >&2
    exit 1
fi
uv pip compile --quiet --universal --python-version 3.11 --all-extras \
    --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
    --no-emit-package podium-scorer "$@" \
    pyproject.toml scorer/pyproject.toml -o constraints.txt
