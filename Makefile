# make demo    the whole service on this machine, with invented customers
# make test    all tests
# make check   format, lint, types, floors
# make bench   what a hop costs, against its peers
#
# Only Python 3.11 (or newer) and make are needed; everything else comes into .venv and .bijli.

SHELL := /bin/sh
BIN := .venv/bin
READY := .venv/.ready

# A virtual environment knows its own path: in a folder that was moved or copied it is made again.
ifneq ($(shell cat $(READY) 2>/dev/null),$(CURDIR))
.PHONY: $(READY)
endif

.PHONY: demo test check format bench clean

demo: $(READY)
	@$(BIN)/bijli demo

test: $(READY)
	@$(BIN)/python -m pytest $(ARGS)

check: $(READY)
	@$(BIN)/ruff format --check --quiet . || { echo "some files are not formatted: run 'make format'"; exit 1; }
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

$(READY): pyproject.toml constraints.txt Makefile
	@python=$$(command -v python3.11 || command -v python3 || true); \
	if [ -z "$$python" ] || ! "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	  echo "Bijli Line needs Python 3.11 or newer: no python3.11 and no new enough python3 on this machine."; exit 1; \
	fi; \
	umask 022; \
	echo "Setting up .venv with $$("$$python" --version) (about a minute, once)"; \
	"$$python" -m venv --clear .venv || { \
	  echo "Python's venv module is missing: install it (Debian and Ubuntu: apt install python3.11-venv)."; exit 1; }; \
	$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-input \
	  -c constraints.txt -e '.[dev]' || { \
	  echo "The packages could not be installed: is the package index reachable?"; exit 1; }; \
	printf '%s\n' '$(CURDIR)' > $@
