# Everything a person does with this repository. `make run` is all a newcomer needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TURNS ?= 6
# vLLM has an environment of its own: its packages are large, and disagree with the gateway's. Its CPU build wants the
# torch that has no CUDA in it; VLLM_TORCH holds the options by which pip finds that where the index alone does not do.
VLLM := .venv-vllm
VLLM_TORCH ?=
BUDGETS ?= --enforce

.PHONY: run setup models test test-clients test-vllm bench bench-engines lock clean help

help:
	@echo "make run     install, fetch the models, start the gateway on http://127.0.0.1:8080"
	@echo "make test    every check of the project"
	@echo "make test-clients  clients of others against the gateway; writes docs/compatibility.md"
	@echo "make test-vllm  a conversation with a real vLLM (CPU; installs 3.5 GB into $(VLLM))"
	@echo "make bench   turns of a call against bench/budgets.toml, with this machine's numbers in bench/results/"
	@echo "make bench-engines   each engine beside the stock way of using it"
	@echo "make setup   only install (with what tests need) and fetch the models"
	@echo "make lock    resolve requirements/*.txt anew"
	@echo "make clean   remove what make made here (models stay where they are)"

run: $(VENV)/run.stamp
	@$(BIN)/voicegw models pull
	@$(BIN)/voicegw serve

setup: $(VENV)/dev.stamp models

models: $(VENV)/run.stamp
	@$(BIN)/voicegw models pull $(MODELS)

test: $(VENV)/dev.stamp
	@$(BIN)/voicegw models pull --profile default
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest

test-vllm: $(VENV)/dev.stamp $(VLLM)/install.stamp
	@$(BIN)/voicegw models pull smollm2-135m
	TEST_VLLM=$(VLLM) $(BIN)/python -m pytest tests/vllm -v

# Clients that nobody here wrote, each in its own environment from the public registries.
test-clients: $(VENV)/dev.stamp
	$(BIN)/python -m tests.clients.run

# Fails when a budget is broken, unless TURNS=... BUDGETS= says only to look.
bench: $(VENV)/dev.stamp models
	$(BIN)/voicegw bench turn --turns $(TURNS) $(BUDGETS)

# One pytest-benchmark file for each engine, ours and the stock way in the same run.
bench-engines: $(VENV)/dev.stamp models
	@mkdir -p bench/results
	$(BIN)/python -m pytest bench/engines -o python_files='*_bench.py test_*.py bench_*.py' \
	  --benchmark-json=bench/results/engines.json

lock: $(VENV)/dev.stamp
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	  --no-annotate pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	  --no-annotate -c requirements/run.txt --extra dev pyproject.toml -o requirements/dev.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	  --no-annotate -c requirements/run.txt --extra gpu --extra microphone pyproject.toml -o requirements/extras.txt

# What comes with it for pictures and sound belongs to another torch, and vLLM trips over it.
$(VLLM)/install.stamp: tests/vllm/requirements.txt
	$(PYTHON) -m venv $(VLLM)
	$(VLLM)/bin/python -m pip install -q $(VLLM_TORCH) "$$(grep ^torch== $<)"
	$(VLLM)/bin/python -m pip install -q -r $<
	$(VLLM)/bin/python -m pip uninstall -q -y torchvision torchaudio torchcodec
	@touch $@

clean:
	rm -rf $(VENV) $(VLLM) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis bench/results

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
