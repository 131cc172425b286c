#!/bin/sh
# Builds an image of Podium's without a registry, and prints its name.
#
#   DOCKER_HOST=unix:///path/docker.sock deploy/images/build_image.sh [core|metric|python]...
#
# core    podium-scorer: numpy, pyarrow and the scorer, for the metrics of the catalogue
# metric  podium-metric: pandas, scipy, scikit-learn and more beside the scorer, for metrics
#         that organizers write (metric.txt lists what)
# python  podium-python: the same libraries without the scorer, for the programs of code
#         competitions (python.txt lists what)
#
# Without a name it builds all three. The result is podium-...:<hash of everything that goes
# in> and podium-...:latest; an image of the same hash is not built again.
#
# PODIUM_IMAGE_CACHE  Debian's part and the packages, kept between builds
#                     (default ~/.cache/podium/images)
# PODIUM_PYTHON       a Python >= 3.11 with pip, for downloads (default: the environment
#                     that `make install` made, else python3); without pip, uv is used
#
# Needs root, docker, mmdebstrap and Debian's archive. With a registry at hand, the
# Dockerfiles beside this file build the same packages the usual way.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
cache=${PODIUM_IMAGE_CACHE:-${HOME:-/root}/.cache/podium/images}
suite=bookworm
python_version=3.11 # bookworm's
packages=python$python_version-minimal,libpython$python_version-stdlib
packages=$packages,libstdc++6,libgcc-s1,libc6,base-files,netbase,tzdata

python=${PODIUM_PYTHON:-$repository/.venv/bin/python}
[ -x "$python" ] || python=python3
site=usr/local/lib/python$python_version/dist-packages

say() { echo "build_image: $*" >&2; }
fail() {
    say "$*"
    exit 1
}
hash_of() { sha256sum | cut -c1-16; }

requirements() { # of the image $1
    case $1 in
    core)
        "$python" -I - "$repository/scorer/pyproject.toml" <<'PYTHON'
import sys, tomllib
with open(sys.argv[1], "rb") as file:
    project = tomllib.load(file)["project"]
wanted = project.get("dependencies", []) + project["optional-dependencies"]["metrics"]
print("\n".join(sorted(wanted)))
PYTHON
        ;;
    metric) cat "$here/python.txt" "$here/metric.txt" ;;
    python) cat "$here/python.txt" ;;
    esac
}

constraints() { # of the image $1
    case $1 in
    core) echo "$repository/constraints.txt" ;;
    *) echo "$here/constraints.txt" ;;
    esac
}

has_scorer() { [ "$1" != python ]; }

scorer_files() {
    (cd "$repository/scorer" && find podium_scorer -type f ! -name '*.pyc' | LC_ALL=C sort)
}

libraries_hash() { # of the image $1: the libraries change seldom, the scorer often
    {
        cat "$0"
        requirements "$1"
        cat "$(constraints "$1")"
    } | hash_of
}

image_hash() { # of the image $1
    {
        libraries_hash "$1"
        if has_scorer "$1"; then
            scorer_files | (cd "$repository/scorer" && xargs sha256sum)
        fi
    } | hash_of
}

make_base() {
    command -v mmdebstrap >/dev/null || fail "mmdebstrap is missing; apt-get install mmdebstrap"
    say "Debian $suite without a shell, about 10 s"
    # The name must end in .tar, else mmdebstrap writes a folder.
    mmdebstrap --quiet --mode=root --variant=extract --include="$packages" \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' "$suite" "$base.part.tar" >&2
    mv "$base.part.tar" "$base"
}

install_libraries() { # of the image $1 into the folder $2
    requirements "$1" >"$tree.part.txt"
    if "$python" -m pip --version >/dev/null 2>&1; then
        "$python" -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
            --no-compile --only-binary :all: --implementation cp --python-version "$python_version" \
            --platform "manylinux_2_28_$(uname -m)" --platform "manylinux_2_27_$(uname -m)" \
            --platform "manylinux2014_$(uname -m)" --platform any \
            --constraint "$(constraints "$1")" --target "$2" --requirement "$tree.part.txt" >&2
    else
        uv pip install --quiet --only-binary :all: --python-version "$python_version" \
            --python-platform "$(uname -m)-manylinux_2_28" --link-mode copy \
            --constraint "$(constraints "$1")" --target "$2" --requirement "$tree.part.txt" >&2
    fi
    rm "$tree.part.txt"
}

make_tree() { # of the image $1
    say "libraries of $1"
    rm -rf "$tree.part"
    mkdir "$tree.part"
    tar -C "$tree.part" -xf "$base"
    mkdir -p "$tree.part/$site"
    install_libraries "$1" "$tree.part/$site"
    # No tests, no headers, nothing that could raise privileges. Not stripped: strip breaks
    # the libraries that wheels carry (load commands no longer aligned to pages).
    (
        cd "$tree.part/$site"
        find . -type d \( -name tests -o -name testing_data -o -name include -o -name src \) \
            -prune -exec rm -rf {} +
        find . -type f \( -name '*.pyi' -o -name '*.pxd' -o -name '*.pyx' -o -name '*.h' \
            -o -name '*.a' \) -delete
        rm -rf bin
    )
    find "$tree.part" -xdev -perm /6000 -type f -exec chmod a-s {} +
    rm -rf "$tree.part/var/cache" "$tree.part/var/lib/apt" "$tree.part/var/lib/dpkg/info"
    mkdir -p "$tree.part/var/cache" "$tree.part/tmp"
    ln -sf "python$python_version" "$tree.part/usr/bin/python3"
    ln -sf "python$python_version" "$tree.part/usr/bin/python" # what programs ask for
    # A read-only root can never cache byte code, so it is made here, by the image's own Python.
    chroot "$tree.part" "/usr/bin/python$python_version" -m compileall -q -j 2 \
        --invalidation-mode unchecked-hash "/$site" "/usr/lib/python$python_version" >&2
    chroot "$tree.part" "/usr/bin/python$python_version" -I -c 'import numpy, pyarrow.csv' ||
        fail "the libraries do not load in the image"
    rm -rf "$cache/tree-$1"-*[0-9a-f] # those of other versions
    mv "$tree.part" "$tree"
}

add_scorer() {
    rm -rf "$tree/$site/podium_scorer"
    scorer_files | tar -C "$repository/scorer" -cf - -T - |
        tar -C "$tree/$site" -xf - --no-same-owner
    chmod -R a+rX "$tree/$site/podium_scorer"
    chroot "$tree" "/usr/bin/python$python_version" -m compileall -q \
        --invalidation-mode unchecked-hash "/$site/podium_scorer" >&2
}

prepare() {
    [ "$(id -u)" = 0 ] || fail "building needs root; run it with sudo"
    docker version >/dev/null 2>&1 ||
        fail "no Docker engine answers at ${DOCKER_HOST:-its default address}"
    mkdir -p "$cache"
    exec 9>"$cache/lock" # one build at a time; the lock ends with this process
    flock 9
}

build() { # the image $1, unless there is one of this content
    case $1 in
    core) name=podium-scorer command='["python3", "-I", "-m", "podium_scorer", "serve"]' ;;
    metric) name=podium-metric command='["python3", "-I", "-m", "podium_scorer", "serve"]' ;;
    python) name=podium-python command='["python3"]' ;;
    *) fail "there is no image $1; there are core, metric and python" ;;
    esac
    hash=$(image_hash "$1")
    image=$name:$hash
    if ! docker image inspect "$image" >/dev/null 2>&1; then
        prepare
        tree=$cache/tree-$1-$(libraries_hash "$1")
        [ -s "$base" ] || make_base
        [ -d "$tree" ] || make_tree "$1"
        if has_scorer "$1"; then add_scorer; fi
        say "importing $image"
        tar -C "$tree" --numeric-owner -cf - . | docker import \
            -c 'USER 65534:65534' -c 'WORKDIR /tmp' -c 'ENV LANG=C.UTF-8' \
            -c 'ENV PATH=/usr/local/bin:/usr/bin:/bin' -c "CMD $command" \
            -c "LABEL podium.image=$hash" - "$image" >/dev/null
    fi
    docker tag "$image" "$name:latest"
    echo "$image"
}

base=$cache/$suite-$(echo "$packages" | hash_of).tar

[ $# -gt 0 ] || set -- core metric python
for wanted in "$@"; do
    build "$wanted"
done
