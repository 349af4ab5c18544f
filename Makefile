# make demo    the whole service on this machine, with invented customers
# make test    all tests; ARGS="tests/core -k ledger" for some of them
# make check   format, lint, types, floors
# make bench   what a hop costs, against its peers
#
# Only Python 3.11 (or newer) and make are needed; everything else comes into .venv and .bijli.

SHELL := /bin/sh
BIN := .venv/bin
PARALLEL := -n logical --maxprocesses 4 --dist loadfile
READY := .venv/.ready

# A virtual environment knows its own path: in a folder that was moved or copied it is made again.
ifneq ($(shell cat $(READY) 2>/dev/null),$(CURDIR))
.PHONY: $(READY)
endif

.PHONY: demo test check format bench clean

demo: $(READY)
	@$(BIN)/bijli demo

test: $(READY)
	@$(BIN)/python -m pytest $(PARALLEL) $(ARGS)

check: $(READY)
	@$(BIN)/ruff format --check --quiet --output-format concise . || { echo "some files are not formatted: run 'make format'"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache > .venv/lint-imports.log || { cat .venv/lint-imports.log; exit 1; }
	@echo "format, lint, types and floors: good"

format: $(READY)
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

bench: $(READY)
	@$(BIN)/python -m bench

clean:
	@rm -rf .venv .bijli .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info

$(READY): pyproject.toml constraints.txt
	@for python in python3.11 python3 python3.12 python3.13 none; do \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
	done; \
	if [ $$python = none ]; then \
	  echo "Bijli Line needs Python 3.11 or newer, and there is none on this machine."; exit 1; \
	fi; \
	umask 022; \
	echo "Setting up .venv with $$($$python --version): a minute or two, once"; \
	$$python -m venv --clear .venv || { \
	  echo "Python's venv module is missing: install it (Debian and Ubuntu: apt install python3-venv)."; exit 1; }; \
	extras=dev; command -v chromium chromium-browser >/dev/null 2>&1 && extras=dev,browser; \
	$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-input \
	  -c constraints.txt -e ".[$$extras]" || { \
	  echo "The packages could not be installed: is the package index reachable?"; exit 1; }; \
	printf '%s\n' '$(CURDIR)' > $@
