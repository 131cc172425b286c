# The image that scores, built the usual way, for hosts that reach a registry and PyPI:
#
#   docker build -f deploy/images/scorer.Dockerfile -t podium-scorer:latest .
#
# build_scorer_image.sh makes a smaller one of the same packages without a registry.
ARG BASE_IMAGE=python:3.11-slim-bookworm
FROM ${BASE_IMAGE}

COPY constraints.txt /build/constraints.txt
COPY scorer /build/scorer
# A job's root is read-only, so byte code that is not there now is compiled in every job.
# Nothing in the image may raise privileges.
RUN pip install --no-cache-dir --root-user-action ignore \
        --constraint /build/constraints.txt '/build/scorer[metrics]' \
    && python3 -m compileall -q --invalidation-mode unchecked-hash \
        "$(python3 -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" \
        "$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" \
    && find / -xdev -perm /6000 -type f -exec chmod a-s {} + \
    && rm -rf /build

ENV LANG=C.UTF-8
USER 65534:65534
WORKDIR /tmp
CMD ["python3", "-I", "-m", "podium_scorer", "serve"]
