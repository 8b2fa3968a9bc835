# One verb a chore. `make` alone lists them. Each verb sets up what it needs by itself.

PYTHON ?= python3.11
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
# Most tests wait for a server, so six workers are well placed on two cores.
WORKERS ?= 6

# Where it is set, every worker and every bot that a test starts would compile all the sources anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test interop check lint bench sandbox lock clean

help:  ## list the verbs
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */  make \1\t/' | expand -t 18

demo: $(READY)  ## play the main job on a tenant and a Slack workspace of this machine
	$(RUN) -m bot demo --output demo-output

test: $(READY)  ## run every test
	$(RUN) -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: lint test interop  ## everything that CI checks: formatting, lint, types, import rules, tests

interop: $(VENV)/.interop  ## play the story with a Slack and a sign-in service that others wrote
	$(RUN) -m pytest -q tests/interop

lint: $(READY)  ## formatting, lint, types and import rules
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(RUN) -m mypy bot commands graph sandbox tests
	$(VENV)/bin/lint-imports

bench: $(READY)  ## measure; the numbers and the method are in docs/benchmarks.md
	$(RUN) -m tests.benchmarks

sandbox: $(READY)  ## try everything in a browser: an invented tenant, a Slack workspace and the real bot
	$(RUN) -m bot sandbox

lock: $(READY)  ## write constraints.txt anew from pyproject.toml
	$(RUN) -m piptools compile --quiet --extra dev --generate-hashes --strip-extras --allow-unsafe \
		--no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options \
		--output-file constraints.txt pyproject.toml

clean:  ## remove what the other verbs made
	rm -rf $(VENV) tests/interop/node_modules demo-output bench-output .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

# The machine's Python: the one asked for, else any python3 that is new enough.
$(READY): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null 2>&1 && p=$(PYTHON) || p=python3; \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "compromise-bot needs Python 3.11 or newer; '$$p' is older. Try: make PYTHON=/path/to/python3.11" >&2; exit 1; }; \
	$$p -m venv $(VENV) || \
		{ echo "'$$p -m venv' failed. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(RUN) -m compileall -q bot commands graph sandbox
	@touch $@

# Node comes from the same index as everything else, so that no machine needs one of its own.
$(VENV)/.interop: $(READY) tests/interop/requirements.txt tests/interop/package-lock.json
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
		-r tests/interop/requirements.txt
	cd tests/interop && PATH="$(CURDIR)/$(VENV)/bin:$$PATH" npm ci --silent
	@touch $@
