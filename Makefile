# Everything runs from here: `make demo` and `make test` set up what they need by themselves.
PORT ?= 8330
PYTHON ?= python3
DEMO_HOME ?= .demo
# another one keeps a second Python beside the first: make test VENV=.venv-3.13 PYTHON=python3.13
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2
# a file stays with one worker, the longest start first: see tests/sharing.py
PYTEST = $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder
KERNEL = $(BIN)/python -m pytest -q -n 0 --cov --cov-report=term-missing:skip-covered tests/kernel
# the tests start many processes, and each would compile every module anew
export PYTHONDONTWRITEBYTECODE :=

.PHONY: setup demo test test-pythons test-spark prove check bench serve lock clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml requirements/dev.txt package-lock.json scripts/setup
	@PYTHON=$(PYTHON) VENV=$(VENV) scripts/setup
	@touch $@

demo: setup
	@$(BIN)/sanban demo --home $(DEMO_HOME) --port $(PORT)

serve: setup
	@$(BIN)/sanban serve --home $(DEMO_HOME) --port $(PORT)

# one worker more than cores: these tests wait for browsers, servers and disks; the kernel's run beside them, told whole
test: JOBS = 3
test: setup
	@{ told=$$($(KERNEL) 2>&1); ended=$$?; echo "$$told"; exit $$ended; } & \
	$(PYTEST) -q -m "not prove and not spark" --ignore tests/kernel tests; ended=$$?; \
	wait $$! && exit $$ended

# all tests on every Python that the package may run on, one after the other
test-pythons:
	@failed=; for version in 3.11 3.12 3.13; do \
	  echo "Python $$version"; \
	  $(MAKE) --no-print-directory test VENV=.venv-$$version PYTHON=python$$version || failed="$$failed $$version"; \
	done; \
	test -z "$$failed" || { echo "failed on Python:$$failed"; exit 1; }

prove: setup
	@SANBAN_PROVE=1 $(PYTEST) -v -m "not spark" tests

test-spark: setup
	@$(BIN)/python -c "import pyspark" 2>/dev/null || $(BIN)/pip install -q --require-hashes -r requirements/spark.txt
	@$(BIN)/python -m pytest -q --no-cov -n 0 -m spark tests/spark

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/sanban matter check

bench: setup
	@for bench in bench/[a-z]*.py; do $(BIN)/python $$bench $(BENCH_ARGS) || exit 1; done

lock:
	@scripts/lock

clean:
	@rm -rf .venv .venv-* node_modules src/sanban/web/static .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find src tests bench tools -name __pycache__ -prune -exec rm -rf {} +
