#!/bin/sh
# Writes constraints.txt, the exact version of everything for every system and Python, and
# deploy/images/constraints.txt, of what the images for other people's code have; neither
# has the address of any package index. Run it after changing a dependency:
#
#   deploy/lock.sh             keeps what is locked and still fits
#   deploy/lock.sh --upgrade   takes the newest of everything
set -eu

cd "$(dirname "$0")/.."
if ! command -v uv >/dev/null 2>&1; then
    echo "Locking needs uv, which resolves for every system at once: pip install uv" >&2
    exit 1
fi
compile() {
    uv pip compile --quiet --python-version 3.11 \
        --no-emit-index-url --no-emit-find-links --no-header --no-annotate "$@"
}
compile --universal --all-extras --no-emit-package podium-scorer "$@" \
    pyproject.toml scorer/pyproject.toml -o constraints.txt
compile "$@" deploy/images/python.txt deploy/images/metric.txt -o deploy/images/constraints.txt
