# One verb a chore. `make` alone lists them. Each verb sets up what it needs by itself.

PYTHON ?= python3.11
VENV := .venv
RUN := $(VENV)/bin/python
# What the product needs is installed, and then what developing it needs as well.
READY := $(VENV)/.ready
DEVELOP := $(VENV)/.develop
# Most stories wait for a server more than half of their time, so many more workers than processors are well placed.
WORKERS ?= 8

# Where it is set, every worker and every bot that a test starts would compile all the sources anew.
unexport PYTHONDONTWRITEBYTECODE

# From the locks alone and without a resolver: no release of anybody can change or break what is installed.
INSTALL := $(RUN) -m pip install --quiet --disable-pip-version-check --no-deps
FROM_LOCK := $(INSTALL) --require-hashes
CHECK := $(RUN) -m pip --disable-pip-version-check check >$(VENV)/.check || \
	{ cat $(VENV)/.check; echo "The packages do not fit together. After a change of pyproject.toml: make lock. Else: make clean" >&2; exit 1; }
UV := $(VENV)/bin/uv
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	--only-binary :all: --no-header --no-emit-index-url --no-emit-find-links

# Runs the comments in the pages that call docs/tables.py.
COG := $(VENV)/bin/cog -P -I docs -p "from tables import *" --verbosity=1
PAGES = README.md $(wildcard docs/*.md docs/*/*.md)

.DEFAULT_GOAL := help
.PHONY: help demo test test-all test-again interop mutants mutants-all check lint docs bench networks fuzz soak kills secrets sbom audit evaluate sandbox packaging image lock lock-supply lock-mutants upgrade clean

help:  ## list the verbs
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */  make \1\t/' | expand -t 18

demo: $(READY)  ## play the main job on a tenant and a Slack workspace of this machine
	$(RUN) -m bot demo --output demo-output

# A machine without a browser gets one for the tests.
ifeq ($(shell uname -sm),Linux x86_64)
BROWSER := $(if $(CHROMIUM)$(shell command -v chromium || command -v chromium-browser || command -v google-chrome || \
	command -v google-chrome-stable),,$(VENV)/.chromium)
endif

# `tests/conftest.py` says which tests stay together and which are given out one by one.
TEST = $(RUN) -m pytest -q --forks $(WORKERS)

test: $(DEVELOP) $(BROWSER)  ## run the tests, but for those that take long
	$(TEST) -m 'not slow and not packaging'

test-all: $(DEVELOP) $(BROWSER)  ## run every test, as CI does, with many more examples
	$(TEST) --hypothesis-profile=thorough

test-again: $(DEVELOP)  ## run the tests that failed last time once more, one at a time
	$(RUN) -m pytest -q --last-failed --last-failed-no-failures none

check: lint test-all interop  ## everything that CI checks: formatting, lint, types, import rules, tests

interop: $(VENV)/.interop  ## play the story with a Slack and a sign-in service that others wrote
	$(RUN) -m pytest -q tests/interop

mutants: $(VENV)/.mutants  ## change what decides in one place at a time, where it was edited, and see whether a test notices; in the files ONLY alone
	$(RUN) -m tests.mutants $(ONLY)

mutants-all: $(VENV)/.mutants  ## the same with all that decides; takes long
	$(RUN) -m tests.mutants all $(ONLY)

lint: $(DEVELOP)  ## formatting, lint, types, import rules, and the tables in the documents
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(RUN) -m mypy bot commands graph sandbox evaluation tests docs
	$(VENV)/bin/lint-imports
	$(COG) --check --diff --check-fail-msg="A table is not what the code says. Run: make docs" $(PAGES)

docs: $(DEVELOP)  ## write the tables in README and docs/ that mirror code anew
	$(COG) -r $(PAGES)

packaging: $(DEVELOP)  ## install as other machines do: old and new pip, newer releases about, pipx, uv
	$(RUN) -m pytest -q -m packaging tests/packaging

image:  ## build the container image, where this machine has a builder
	deploy/build_image.sh

bench: $(DEVELOP)  ## measure; the numbers and the method are in docs/benchmarks.md
	$(RUN) -m tests.benchmarks

networks: $(READY)  ## write the table of VPNs and rented servers anew, from LISTS=<a checkout of X4BNet/lists_vpn>
	$(RUN) -m commands.facts.refresh $(LISTS)

fuzz: $(DEVELOP)  ## read broken files for SECONDS (600), and stop at the first that a reader fails on
	$(RUN) -m tests.fuzz $(or $(SECONDS),600)

soak: $(DEVELOP)  ## run the bot for SECONDS (3600) between a tenant and a Slack that fail, kill it, and see what holds; MACHINES=2 adds workers
	$(RUN) -m tests.soak --seconds $(or $(SECONDS),3600) --workers $(or $(MACHINES),0) $(if $(SEED),--seed $(SEED))

kills: $(DEVELOP)  ## kill at every point of carrying out, of checks, hunts and rechecks, and of the runs that go on; takes half an hour
	$(RUN) -m tests.commands.kills
	$(RUN) -m tests.bot.work.kills

secrets: $(DEVELOP)  ## look for secrets in every file and in the whole history
	$(RUN) -m tests.supply.secrets

sbom: $(VENV)/.supply  ## write what the bot is made of as CycloneDX, into sbom/
	$(RUN) -m tests.supply.sbom sbom/compromise-bot.cdx.json

audit: $(VENV)/.supply  ## ask for known vulnerabilities of it; fails where nobody could be asked as well, and says so
	$(RUN) -m tests.supply.audit

evaluate: $(DEVELOP)  ## judge the corpus of invented takeovers and look-alikes; docs/evaluation.md has the numbers
	$(RUN) -m evaluation --output docs/evaluation.json
	$(COG) -r docs/evaluation.md

sandbox: $(READY)  ## try everything in a browser: an invented tenant, a Slack workspace and the real bot
	$(RUN) -m bot sandbox

lock: $(UV)  ## write the locks anew from pyproject.toml; what is pinned stays as it is
	$(RUN) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' | \
		$(COMPILE) --output-file requirements/build.txt -
	$(COMPILE) --constraints requirements/build.txt --group run --output-file requirements/run.txt
	$(COMPILE) --constraints requirements/build.txt --constraints requirements/run.txt --group run --group dev \
		--output-file requirements/dev.txt requirements/build.txt

lock-supply: $(UV)  ## the same for what `make sbom` and `make audit` need
	$(COMPILE) --constraints requirements/dev.txt --group supply --output-file requirements/supply.txt

# A lock of its own verb: what mutmut brings may not allow the newest releases of what the bot needs.
lock-mutants: $(UV)  ## the same for what `make mutants` needs
	$(COMPILE) --constraints requirements/dev.txt --group mutants --output-file tests/mutants/requirements.txt

upgrade: $(UV)  ## the same with the newest releases that pyproject.toml allows
	$(MAKE) lock COMPILE='$(COMPILE) --upgrade'

clean:  ## remove what the other verbs made
	rm -rf $(VENV) mutants tests/interop/node_modules tests/browser/node_modules demo-output bench-output sbom .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

# The machine's Python: the one asked for, else any python3 that is new enough. From Python 3.12 on, DBOS uses what
# SQLite has since 3.42.
define VIRTUAL_ENVIRONMENT
@command -v $(PYTHON) >/dev/null 2>&1 && p=$(PYTHON) || p=python3; \
$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "compromise-bot needs Python 3.11 or newer; '$$p' is older. Try: make PYTHON=/path/to/python3.11" >&2; exit 1; }; \
$$p -c 'import sqlite3, sys; sys.exit(sys.version_info >= (3, 12) and sqlite3.sqlite_version_info < (3, 42))' || \
	{ echo "With Python 3.12 or newer compromise-bot needs SQLite 3.42 or newer; '$$p' has an older one. Try: make PYTHON=/path/to/python3.11" >&2; exit 1; }; \
$$p -m venv $(VENV) >$(VENV).log 2>&1 && rm $(VENV).log || \
	{ cat $(VENV).log >&2; rm -rf $(VENV) $(VENV).log; \
	echo "'$$p -m venv' failed. On Debian and Ubuntu a part of Python comes apart: apt-get install python3-venv" >&2; exit 1; }
endef

$(READY): pyproject.toml requirements/pins.py requirements/build.txt requirements/run.txt
	$(VIRTUAL_ENVIRONMENT)
	@echo "Installing what the bot needs into $(VENV) …"
	$(FROM_LOCK) -r requirements/build.txt -r requirements/run.txt
	$(INSTALL) --no-build-isolation --editable .
	@$(CHECK)
	@$(RUN) -m compileall -q bot commands graph sandbox
	@touch $@

# Node comes from the same index as everything else, so that no machine needs one of its own.
$(VENV)/.interop: $(DEVELOP) tests/interop/requirements.txt tests/interop/package-lock.json
	$(FROM_LOCK) -r tests/interop/requirements.txt
	cd tests/interop && PATH="$(CURDIR)/$(VENV)/bin:$$PATH" npm ci --silent
	@touch $@

$(VENV)/.supply: $(DEVELOP) requirements/supply.txt
	$(FROM_LOCK) -r requirements/supply.txt
	@$(CHECK)
	@touch $@

# Where it cannot be had, the tests that look at a page are passed over, and named at the end of the run.
$(VENV)/.chromium: $(DEVELOP) tests/interop/requirements.txt tests/browser/package-lock.json tests/browser/unpack.mjs
	@echo "Bringing a Chromium for the tests into $(VENV) …"
	$(FROM_LOCK) -r tests/interop/requirements.txt
	@export PATH="$(CURDIR)/$(VENV)/bin:$$PATH"; (cd tests/browser && npm ci --silent --ignore-scripts) && \
	node tests/browser/unpack.mjs tests/browser/node_modules/@sparticuz/chromium/bin $(VENV)/chromium && \
	rm -rf tests/browser/node_modules && touch $@ || \
	echo "None could be had. On Debian and Ubuntu: apt-get install chromium" >&2

$(VENV)/.mutants: $(DEVELOP) tests/mutants/requirements.txt
	$(FROM_LOCK) -r tests/mutants/requirements.txt
	@$(CHECK)
	@touch $@

$(DEVELOP): $(READY) requirements/dev.txt
	@echo "Installing what developing the bot needs into $(VENV) …"
	$(FROM_LOCK) -r requirements/dev.txt
	@$(CHECK)
	@touch $@

# Writes locks even while those that are there do not fit pyproject.toml.
$(UV):
	$(VIRTUAL_ENVIRONMENT)
	$(FROM_LOCK) -r requirements/dev.txt
