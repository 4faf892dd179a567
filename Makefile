# Two commands: `make serve` and `make test`. Both set everything up in .venv, from the locked requirements.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
EVAL ?= ../shared/eval
BIN := .venv/bin
LOCK := uv pip compile --quiet --upgrade --generate-hashes --universal --no-emit-index-url --no-header --python-version 3.11

.PHONY: serve test lint format lock openapi score bench fuzz soak clean

serve: .venv/run-installed
	exec $(BIN)/bounces serve --host $(HOST) --port $(PORT)

test: lint
	$(BIN)/pytest

lint: .venv/dev-installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bounces rules check

format: .venv/dev-installed
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

openapi: .venv/dev-installed  ## write openapi/openapi.json, openapi/asyncapi.json and rules/schema.json anew
	$(BIN)/bounces openapi > openapi/openapi.json
	$(BIN)/bounces work --asyncapi > openapi/asyncapi.json
	$(BIN)/bounces rules schema > rules/schema.json

score: .venv/run-installed  ## serve on a free port, score on labelled cases and their variations where they exist
	@$(BIN)/python benchmarks/score.py $(EVAL)

bench: .venv/dev-installed  ## measure everything, several minutes; ARGS=--quick for one
	@$(BIN)/python -m benchmarks --mails $(EVAL)/mail $(ARGS)

fuzz: .venv/fuzz-installed  ## every target for about 20 seconds, or SECONDS of processor time, two at once
	$(BIN)/python -m fuzz.campaign $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

soak: .venv/fuzz-installed  ## the same for twenty minutes each, about an hour in all
	$(BIN)/python -m fuzz.campaign --seconds $(or $(SECONDS),1200)

lock:  ## needs uv: pin every dependency with its hashes
	$(LOCK) pyproject.toml --extra server --extra stream --group build --output-file requirements.txt
	$(LOCK) pyproject.toml --extra server --extra stream --extra client --extra mcp --extra suggest --extra archive --group build --group dev --constraint requirements.txt --output-file requirements-dev.txt
	$(LOCK) pyproject.toml --extra archive --group build --constraint requirements-dev.txt --output-file requirements-archive.txt
	$(LOCK) --group ci --output-file requirements-ci.txt
	$(LOCK) --group clients --output-file .ci/clients/requirements.txt
	$(LOCK) --group browser --output-file .ci/browser/requirements.txt
	$(LOCK) --group fuzz --output-file requirements-fuzz.txt

clean:
	rm -rf .venv .fuzz build dist

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/run-installed: requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev-installed: requirements-dev.txt .venv/run-installed | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

.venv/browser-installed: .ci/browser/requirements.txt .venv/dev-installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/browser/requirements.txt
	@touch $@

.venv/fuzz-installed: requirements-fuzz.txt .venv/run-installed | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-fuzz.txt
	@touch $@
