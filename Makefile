# Everything is set up in .venv by the first target that needs it.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint faults docs site man pictures wheel bench clean

demo: .venv/ready
	$(BIN)/python examples/library.py

test: .venv/ready
	$(BIN)/python -m pytest -n 3 -m "not soak" $(ARGS)

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache  # it has gone by what was moved away since

docs: .venv/ready
	$(BIN)/python docs/render_commands.py
	$(BIN)/python docs/render_api.py
	$(BIN)/python docs/tables.py

# The manual as pages for a browser; whatever MkDocs warns of, such as a dead link, is an error.
site: .venv/ready
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	$(BIN)/python docs/check_site.py build/site

man: .venv/ready
	$(BIN)/python docs/render_man.py build/man

# Those of docs/pictures/, of a small farm that really runs.
pictures: .venv/ready
	$(BIN)/python docs/render_pictures.py

faults: .venv/ready
	$(BIN)/python -m pytest -m soak --timeout 1800 --ignore tests/wheel $(ARGS)

# What people install, in dist/, and tried in an environment of its own.
wheel: .venv/ready
	$(BIN)/python -m build --outdir dist
	$(BIN)/python -m pytest tests/wheel -m soak --timeout 1800 $(ARGS)

.venv/ready: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "aque needs Python 3.11 or newer: make PYTHON=…")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -e '.[dev]'
	touch $@

# `make bench ARGS="queues tools --rounds 3"`; peers that are not installed are named as skipped.
bench: .venv/ready
	$(BIN)/python -m pip install --quiet -e '.[bench]'
	$(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf .venv build dist
