# The steps of `make serve`: a virtual environment, the locked dependencies, the program.
# `--build-arg BASE=python:3.11-slim@sha256:…` pins the base image to the digest that you have verified.
ARG BASE=python:3.11-slim

FROM $BASE AS build
WORKDIR /src
RUN python -m venv /opt/bounces
# `--build-arg REQUIREMENTS=requirements-archive.txt`: what `bounces archive` needs, in place of what the service needs.
ARG REQUIREMENTS=requirements.txt
COPY requirements.txt requirements-archive.txt ./
RUN /opt/bounces/bin/pip install --no-cache-dir --require-hashes -r $REQUIREMENTS
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY rules rules
COPY openapi openapi
RUN /opt/bounces/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM $BASE
COPY --from=build /opt/bounces /opt/bounces
# Where compose keeps the key that it makes, and an archive: a new volume there takes this owner.
RUN mkdir --mode=0700 /keys /archive && chown 10001:10001 /keys /archive
# Files stay root's, so that the service cannot change itself.
USER 10001:10001
ENV PATH=/opt/bounces/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 BOUNCES_HOST=0.0.0.0 BOUNCES_PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
CMD ["bounces", "serve"]
