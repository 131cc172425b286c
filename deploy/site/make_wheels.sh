#!/bin/sh
# Fills deploy/site/wheels with the wheels of everything that Podium needs, and of what builds
# it, for an image that is built without an index (WHEELS=folder), here or on a machine without
# network. Podium itself is built from this source. Run it again after an update.
#
# PODIUM_PYTHON  a Python with pip, of the version and kind of machine of the image
#                (default python3; build_image.sh needs 3.11)
set -eu

cd "$(dirname "$0")/../.."
python=${PODIUM_PYTHON:-python3}
folder=deploy/site/wheels

if ! "$python" -m pip --version >/dev/null 2>&1; then
    echo "make_wheels: $python has no pip; name one that has in PODIUM_PYTHON" >&2
    exit 1
fi
rm -f "$folder"/*.whl
# Debian 12's Python is older than 3.11.3 and needs async-timeout, whatever is used here.
"$python" -m pip wheel --quiet --disable-pip-version-check --wheel-dir "$folder" \
    --constraint constraints.txt ./scorer '.[server]' async-timeout hatchling >&2
rm "$folder"/podium-*.whl "$folder"/podium_scorer-*.whl
