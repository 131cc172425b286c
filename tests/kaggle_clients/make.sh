#!/bin/sh
# Installs Kaggle's own programs, each in an environment of its own, for the tests that run
# them against a Podium:
#
#   tests/kaggle_clients/make.sh      makes .kaggle-clients/newest and .kaggle-clients/oldest
#
# Uses uv where it is there, else pip. What is there already is left as it is.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
python=${PYTHON:-python3}

for name in newest oldest; do
    target=$repository/.kaggle-clients/$name
    wanted=$here/$name.txt
    if [ -e "$target/made-of.txt" ] && cmp -s "$wanted" "$target/made-of.txt"; then
        continue
    fi
    rm -rf "$target"
    if command -v uv >/dev/null 2>&1; then
        uv venv --quiet --python "$python" "$target"
        uv pip install --quiet --python "$target/bin/python" -r "$wanted"
    else
        "$python" -m venv "$target"
        "$target/bin/python" -m pip install --quiet --disable-pip-version-check -r "$wanted"
    fi
    cp "$wanted" "$target/made-of.txt"
done
