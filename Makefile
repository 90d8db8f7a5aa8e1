# What can be done with a fresh clone? Each target sets itself up, and the second time is quick.
#
#   make demo       install, and read the example pictures
#   make test       install with what developing needs, and run all tests on all processors
#   make quick      the same, without browser, other processes and trainings: under a minute
#   make lint       the same, and check style and types
#   make torch      add PyTorch, so that its tests run too: this very build is a small one for the CPU
#   make release-check   build what would be released, and try it on every Python here: minutes
#   make accuracy   train every rung from the recipe of 1998 to the best one over five seeds: hours
#   make bench      time everything beside the frameworks that are installed: minutes
#   make docs       build the site of the documentation into build/site; a broken link is an error
#   make clean      remove what the others made

VENV := .venv
BIN := $(VENV)/bin
# The first Python that is new enough and can make a virtual environment; another one with  make PYTHON=...
PYTHONS := python3 python3.13 python3.12 python3.11 python3.14 python
CAN := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in $(PYTHONS); do "$$p" -c '$(CAN)' 2>/dev/null && { echo "$$p"; break; }; done)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test quick torch browser lint release-check accuracy bench docs clean

demo: $(VENV)/installed
	$(BIN)/lenet5 read src/lenet5/samples/*.png

test: $(VENV)/installed-dev browser
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal

quick: $(VENV)/installed-dev
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal -m "not browser and not processes and not slow"

torch: $(VENV)/installed-dev
	$(PIP) torch==2.13.0

# The page is tested in Debian's own browser. Where it can't be had, those tests say so and are skipped.
browser:
	@command -v chromium >/dev/null || { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
		chromium >/dev/null; } || echo "no chromium here: the tests of the page will be skipped"

lint: $(VENV)/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/deno fmt --check --quiet
	$(BIN)/deno lint --quiet
	$(BIN)/mypy

release-check: $(VENV)/installed-dev
	.ci/release

accuracy: $(VENV)/installed
	$(BIN)/lenet5 reproduce ladder --seeds 5

bench: $(VENV)/installed-dev
	$(BIN)/lenet5 bench
	$(BIN)/python -m pytest benchmarks --benchmark-enable

docs: $(VENV)/installed-docs
	$(BIN)/python -m sphinx -q -W --keep-going -c docs/site . build/site
	@echo build/site/index.html

$(VENV)/made:
	@"$(PYTHON)" -c '$(CAN)' 2>/dev/null || { echo "this needs Python 3.11 or newer with venv and ensurepip" \
		"(found: $(or $(PYTHON),none); on Debian: apt install python3 python3-venv); install it," \
		"or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV)
	@touch $@

$(VENV)/installed: pyproject.toml | $(VENV)/made
	$(PIP) --editable .
	@touch $@

$(VENV)/installed-dev: pyproject.toml | $(VENV)/made
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/installed

$(VENV)/installed-docs: pyproject.toml | $(VENV)/made
	$(PIP) --editable '.[docs]'
	@touch $@ $(VENV)/installed

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks build dist
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
