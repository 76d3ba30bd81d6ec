# Few words: make demo, make test. Everything happens in .venv.
.PHONY: help setup demo test walks samples check fix replay bench simulate dist
PY := .venv/bin/python
# What was compiled is kept, whatever the shell says: else each process of a test compiles all anew.
export PYTHONDONTWRITEBYTECODE :=
.DEFAULT_GOAL := help

help:
	@echo "make demo    Voltway with an embedded PostgreSQL, twelve simulated stations, payments and mail"
	@echo "make test    all checks, and all tests but those of the next two"
	@echo "make walks   each page in a browser, by keyboard, in four ways; the longest part"
	@echo "make samples  a sample of each long campaign and benchmark: faults, kills, copies, the load"
	@echo "make check   formatting, lint, types, the floors of the house, spelling, house rules"
	@echo "make fix     what the formatter and the linter can mend by themselves"
	@echo "make replay  3,395 real charging sessions through the whole house"
	@echo "make bench   the gateway beside an echo and the package ocpp: docs/figures/gateway.md"
	@echo "make simulate  500 kills and many other faults, each world audited; SEED=7 plays one again"
	@echo "make dist    what a machine installs: the wheel, and the lock of what it needs"
	@echo "make setup   what the others call first; does nothing the second time"

setup:
	@python3 scripts/setup.py

demo: setup
	@.venv/bin/voltway demo

check: setup
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/codespell src tests bench docs scripts *.md
	$(PY) -m pytest -q -p no:cacheprovider tests/tidy

TESTS := $(PY) -m pytest -q -n 4 --dist loadgroup --no-loadscope-reorder --ignore tests/tidy

test: check
	$(TESTS) -m "not campaign and not walk"

walks: setup
	$(TESTS) -m "walk and not campaign" tests/browser

samples: setup
	$(TESTS) -m campaign

fix: setup
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

replay: setup
	.venv/bin/voltway replay data/sessions_workplace.csv --tariff data/workplace_tariff.json --check

bench: setup
	$(PY) -m bench all

simulate: setup
	$(PY) -m tests.simulation.faults --kills 500 $(if $(SEED),--seed $(SEED))

dist: setup
	@$(PY) scripts/make_dist.py
