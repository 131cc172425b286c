#!/bin/sh
# Builds podium-site:latest without a registry, on Debian's own Python, and prints its name.
#
#   DOCKER_HOST=unix:///path/docker.sock deploy/site/build_image.sh
#
# Takes the wheels of deploy/site/wheels; make_wheels.sh fills that folder and is run where
# it is empty or older than constraints.txt. An image of the same content is not built again.
#
# PODIUM_IMAGE_CACHE  Debian's part, kept between builds (default ~/.cache/podium/images)
#
# Needs root, docker, mmdebstrap and Debian's archive.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
cache=${PODIUM_IMAGE_CACHE:-${HOME:-/root}/.cache/podium/images}
suite=bookworm
runtime=python3-minimal,libpython3-stdlib,python3-venv,ca-certificates,netbase,tzdata

fail() {
    echo "build_image: $*" >&2
    exit 1
}
[ "$(id -u)" = 0 ] || fail "building needs root; run it with sudo"
docker version >/dev/null 2>&1 ||
    fail "no Docker engine answers at ${DOCKER_HOST:-its default address}"
cd "$repository"
mkdir -p "$cache"

base() { # the packages $1 as an image; prints its name
    hash=$(echo "$suite $1" | sha256sum | cut -c1-16)
    if ! docker image inspect "podium-debian:$hash" >/dev/null 2>&1; then
        if [ ! -s "$cache/site-$hash.tar" ]; then
            command -v mmdebstrap >/dev/null || fail "mmdebstrap is missing; apt-get install mmdebstrap"
            mmdebstrap --quiet --mode=root --variant=minbase --include="$1" \
                --dpkgopt='path-exclude=/usr/share/man/*' \
                --dpkgopt='path-exclude=/usr/share/doc/*' \
                --dpkgopt='path-exclude=/usr/share/locale/*' \
                "$suite" "$cache/site-$hash.part.tar" >&2
            mv "$cache/site-$hash.part.tar" "$cache/site-$hash.tar"
        fi
        docker import "$cache/site-$hash.tar" "podium-debian:$hash" >/dev/null
    fi
    echo "podium-debian:$hash"
}

filled=$(find deploy/site/wheels -name '*.whl' -newer constraints.txt | head -n 1)
[ -n "$filled" ] || deploy/site/make_wheels.sh
# The classic builder does not read Dockerfile.dockerignore, so it gets just what it needs.
context() {
    find competitions constraints.txt deploy/site LICENSE migrations platform pyproject.toml \
        README.md sandbox scorer -type f ! -path '*/__pycache__/*' | LC_ALL=C sort
}
hash=$(context | xargs -d '\n' sha256sum | sha256sum | cut -c1-16)
if ! docker image inspect "podium-site:$hash" >/dev/null 2>&1; then
    runtime_image=$(base "$runtime")
    base_image=$(base "$runtime,python3-pip")
    context | tar -cf - --verbatim-files-from -T - | docker build --quiet \
        --file deploy/site/Dockerfile --build-arg WHEELS=folder \
        --build-arg BASE_IMAGE="$base_image" --build-arg RUNTIME_IMAGE="$runtime_image" \
        --tag "podium-site:$hash" - >&2
fi
docker tag "podium-site:$hash" podium-site:latest
echo "podium-site:$hash"
