# Everything a person does with this repository. `make run` is all a newcomer needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TURNS ?= 6

.PHONY: run setup models test test-clients bench lock clean help

help:
	@echo "make run     install, fetch the models, start the gateway on http://127.0.0.1:8080"
	@echo "make test    every check of the project"
	@echo "make test-clients  clients of others against the gateway; writes docs/compatibility.md"
	@echo "make bench   the short benchmarks, with this machine's numbers in bench/results/"
	@echo "make setup   only install (with what tests need) and fetch the models"
	@echo "make lock    resolve requirements/*.txt anew"
	@echo "make clean   remove what make made here (models stay where they are)"

run: $(VENV)/run.stamp
	@$(BIN)/voicegw models pull
	@$(BIN)/voicegw serve

setup: $(VENV)/dev.stamp models

models: $(VENV)/run.stamp
	@$(BIN)/voicegw models pull $(MODELS)

# The embedded language model has a small sibling that is only fit for tests.
test: $(VENV)/dev.stamp
	@$(BIN)/voicegw models pull --profile default
	@$(BIN)/voicegw models pull smollm2-135m
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest

# Clients that nobody here wrote, each in its own environment from the public registries; needs Node.js 20.
test-clients: $(VENV)/dev.stamp
	$(BIN)/python -m tests.clients.run

bench: $(VENV)/dev.stamp models
	$(BIN)/voicegw bench turn --turns $(TURNS)

lock: $(VENV)/dev.stamp
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	  --no-annotate pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	  --no-annotate -c requirements/run.txt --extra dev pyproject.toml -o requirements/dev.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	  --no-annotate -c requirements/run.txt --extra gpu --extra microphone pyproject.toml -o requirements/extras.txt

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis bench/results

$(VENV)/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "voicegw needs Python 3.11 or newer; name one: make run PYTHON=python3.11")'
	@$(PYTHON) -m venv $(VENV) || { echo "Python has no venv module here; on Debian: apt-get install python3-venv"; exit 1; }
	@touch $@

$(VENV)/run.stamp: requirements/run.txt pyproject.toml $(VENV)/python.stamp
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements/run.txt
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.txt
	@touch $@
