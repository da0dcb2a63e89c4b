# tifo: `make run` to use it, `make test` to check it.
PATH := $(CURDIR)/.venv/bin:/usr/sbin:$(PATH)
export PATH
unexport PYTHONDONTWRITEBYTECODE
WORKERS ?= $(shell nproc)
FANS ?= 1000000

.PHONY: run test explore setup setup-test check mail bench crash lock messages clean

run: setup
	@exec tifo serve --demo

setup:
	@tools/setup run
	@python tools/catalogs

setup-test:
	@tools/setup test
	@tools/system-packages
	@python tools/catalogs

test: setup-test check
	python -m pytest -q -n $(WORKERS) --dist worksteal
	python -m tests.cluster -- python -m pytest -q -n $(WORKERS) --dist worksteal -m "not browser"

explore: setup-test
	TEST_EXAMPLES=explore python -m pytest -q -n $(WORKERS) --dist worksteal -m "not browser" $(TESTS)

check:
	ruff format --check .
	ruff check .
	mypy
	lint-imports
	tifo django makemigrations --check --dry-run

mail: setup-test
	@tools/system-packages mail
	TIFO_TEST_MAIL=1 python -m pytest -q -s --show-capture=no tests/mail

bench: setup-test
	python -m bench $(FANS)

crash: setup-test
	python -m bench.crash --workers $(WORKERS)
	python -m bench.crash.hosts || [ $$? -eq 2 ]  # 2: needs root, and says so

messages: setup-test
	python tools/catalogs collect

lock:
	cd requirements && for what in run test; do \
	  uv pip compile $$what.in --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q -o $$what.lock; done

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache
