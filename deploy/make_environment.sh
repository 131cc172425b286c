#!/bin/sh
# Makes .venv and installs Podium into it, editable, at the versions of constraints.txt.
#
#   deploy/make_environment.sh EXTRAS     EXTRAS is "server" or "server,dev"
#
# Needs nothing but a Python >= 3.11. uv is used when it is there, because it is faster;
# a Python without ensurepip (Debian packages it apart) gets pip from wherever there is one.
set -eu

cd "$(dirname "$0")/.."
extras=$1
python=${PYTHON:-python3}
venv=.venv

say() { printf '%s\n' "$*" >&2; }

if ! command -v "$python" >/dev/null 2>&1; then
    say "There is no '$python' here. Install Python 3.11 or newer, or name it: make PYTHON=python3.13"
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    say "Podium needs Python 3.11 or newer, and '$python' is $("$python" -V 2>&1). Name another one: make PYTHON=python3.13"
    exit 1
fi

make_venv() {
    if command -v uv >/dev/null 2>&1; then
        uv venv --quiet --python "$python" "$venv"
    elif "$python" -c 'import ensurepip' 2>/dev/null; then
        "$python" -m venv "$venv"
    elif "$python" -c 'import pip; assert int(pip.__version__.split(".")[0]) >= 23' 2>/dev/null; then
        # pip of the system can install into another environment.
        "$python" -m venv --without-pip "$venv"
        "$python" -m pip --quiet --python "$venv/bin/python" install pip
    elif "$python" -c 'import virtualenv' 2>/dev/null; then
        "$python" -m virtualenv --quiet "$venv"
    else
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        say "'$python' cannot make environments: it came without ensurepip, and there is neither pip nor uv. On Debian and Ubuntu, install the package python$version-venv, then run the same command again."
        exit 1
    fi
}

if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -c '' 2>/dev/null; then
    rm -rf "$venv"
    say "Making the environment in $venv"
    make_venv
fi

say "Installing Podium and what it needs (podium[$extras]); the first time takes a minute or two"
if command -v uv >/dev/null 2>&1; then
    uv pip install --quiet --python "$venv/bin/python" -c constraints.txt -e ./scorer -e ".[$extras]"
else
    "$venv/bin/python" -m pip install --disable-pip-version-check --progress-bar on --quiet \
        -c constraints.txt -e ./scorer -e ".[$extras]"
fi
