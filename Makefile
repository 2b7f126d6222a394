# The habits. `make help` lists them.
.DEFAULT_GOAL := help
PY := .venv/bin/python
# Where Python may not write its compiled code down, every worker of the tests would compile all of it by itself.
unexport PYTHONDONTWRITEBYTECODE

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: ## packages, Python environment and console (what run needs)
	@tools/setup.sh

setup-test: ## the same, and what the tests need
	@tools/setup.sh --test

run: setup ## start the whole hotline with a demo city (Ctrl-C stops it)
	@exec .venv/bin/hotline run

demo: run ## the same as run

test: setup-test ## lint, types, imports, then unit, flow, integration, SIP, system and browser tests
	@$(MAKE) --no-print-directory --output-sync=target -j2 check collect
	@$(PY) -m pytest -q -n 6 --dist loadfile --no-loadscope-reorder --ignore=tests/chaos --durations=20

chaos: setup-test ## each part killed in turn during live calls, and a short storm (6 minutes; wants a machine to itself)
	@$(PY) -m pytest -q tests/chaos

storm: setup-test ## 60 callers, 15 agents, 10 minutes, parts killed meanwhile, then the doctor (MINUTES=, SEED=)
	@$(PY) benchmarks/storm.py --minutes $${MINUTES:-10} --seed $${SEED:-1}

check: lint types imports console-check ## what reads the code without running it

collect: # load every test, so that its compiled code is written down; what does not load is told by the run
	@$(PY) -m pytest -q --collect-only >/dev/null || true

lint: ## ruff
	@.venv/bin/ruff check . && .venv/bin/ruff format --check -q .

types: ## mypy --strict
	@.venv/bin/mypy

imports: ## who may import whom
	@.venv/bin/lint-imports --no-logo 2>/dev/null || .venv/bin/lint-imports

console-check: ## types, lint and tests of the console
	@cd agent_console && npm run --silent check && npm test --silent

quick: ## unit and flow tests only
	@$(PY) -m pytest -q tests/unit tests/flows

soak: ## longer randomised runs
	@HOTLINE_SEEDS=$${SEEDS:-5000} $(PY) -m pytest -q -n 2 tests/unit -k "simulation or walk"

screenshots: ## renew docs/screenshots/ from a demo hotline of its own (needs the built console)
	@$(PY) tools/screenshots.py

bench: ## the measured figures (benchmarks/README.md)
	@$(PY) benchmarks/run.py

headset: setup-test ## ten cold starts of the browser headset, each with sound both ways
	@HOTLINE_COLD_STARTS=10 $(PY) -m pytest -q tests/e2e/test_headset.py -k cold_start

lock: ## renew requirements.lock from pyproject.toml
	@uv=$$(tools/uv.sh) && $$uv pip compile --universal --python-version 3.11 --generate-hashes --group dev --no-header --no-annotate -q pyproject.toml -o requirements.lock


.PHONY: collect screenshots chaos storm headset help setup setup-test run demo test check lint types imports console-check quick soak bench lock
