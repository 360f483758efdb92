# Every target sets up what it needs. `make setup` does nothing when nothing has changed.
PYTHON ?= python3.11
HOME_DIR ?= data
AS_OF ?= 2026-01-12
BIN := .venv/bin

.PHONY: setup nightly test test-all bench card lint clean

setup: .venv/.done

.venv/.done: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: install it, or name one with make PYTHON=..."; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# The main job on a synthetic region: 30 000 persons, three years, from nothing to ranked lists.
nightly: setup
	@test -f $(HOME_DIR)/region.toml || $(BIN)/rehabrisk init $(HOME_DIR)
	@test -d $(HOME_DIR)/raw/$(AS_OF) || $(BIN)/rehabrisk simulate --home $(HOME_DIR) --persons 30000 --as-of $(AS_OF) --seed 1
	$(BIN)/rehabrisk nightly --home $(HOME_DIR)

test: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

test-all: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile

bench: setup
	$(BIN)/python bench/night.py
	$(BIN)/python bench/spells.py
	$(BIN)/python bench/effects.py
	$(BIN)/python bench/risk.py

# The risk models beside the truth of a simulated region of 200 000 persons.
card: setup
	$(BIN)/python bench/card.py

lint: setup
	$(BIN)/ruff check .
	$(BIN)/sqlfluff lint pipeline

clean:
	rm -rf .venv build *.egg-info reports/out bench/out
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
