# Everything from nothing: python3, make and git are enough, the rest comes from the package index.

COVERAGE_MIN ?= 90

# Two environments, so that `make run` needs no development packages and running and testing can
# alternate without installing anything again.
DEV := .venv
RUN := .venv-run

.PHONY: help run test coverage check fuzz bench bench-publish openapi breaking clients figures sheets conformance sbom vulnerabilities clean

help:
	@echo "make run      start on 127.0.0.1:8000 with the demo profile (SPINE_METS_HOST, SPINE_METS_PORT)"
	@echo "make test     the whole test suite"
	@echo "make coverage the same, with the branches that it takes"
	@echo "make check    format, lint, types, import contracts, Dockerfile, lock file"
	@echo "make fuzz     generated calls, other ones each time (FUZZ_EXAMPLES, FUZZ_SECONDS, FUZZ_SEED)"
	@echo "make bench    the benchmark; make bench-publish measures longer and writes docs/performance"
	@echo "make openapi  write the OpenAPI documents, openapi/*.json, again"
	@echo "make breaking what the OpenAPI document would break for callers of the last release"
	@echo "make clients  write clients for Python, TypeScript, Java, Go and C# into dist/clients"
	@echo "make figures  draw the figures of the evidence again"
	@echo "make sheets   write docs/sheets, one sheet for each definition, again"
	@echo "make conformance  write docs/conformance.md again"
	@echo "make sbom     write dist/sbom.cdx.json, what the service runs with (CycloneDX)"
	@echo "make vulnerabilities  look up what is locked among the published vulnerabilities"
	@echo "make clean    remove what these commands made"

run: export SPINE_METS_PROFILE := demo
run: export SPINE_METS_HOST ?= 127.0.0.1
run: export SPINE_METS_PORT ?= 8000
run: $(RUN)/.installed
	exec $(RUN)/bin/spine-mets serve

# -rsfE: a skipped test is named with its reason, and one that fails by its name. On every core, the tests of
# one file together; one seed for all, because every core has to find the same tests under the same names. In the
# order of their names: by numbers the clients would come last, of which one test takes two minutes on one core.
test: $(DEV)/.installed
	PYTHONHASHSEED=0 $(DEV)/bin/pytest -rsfE -n auto --dist loadfile --no-loadscope-reorder

# The same suite; watching every branch makes the engine's tests three times as long.
coverage: $(DEV)/.installed
	PYTHONHASHSEED=0 $(DEV)/bin/pytest -rsfE -n auto --dist loadfile --no-loadscope-reorder --cov --cov-fail-under=$(COVERAGE_MIN)

# A lock file that is current is recognised without the index, so its check works offline too.
check: $(DEV)/.installed
	$(DEV)/bin/ruff format --check .
	$(DEV)/bin/ruff check .
	$(DEV)/bin/mypy
	$(DEV)/bin/lint-imports
	$(DEV)/bin/hadolint Dockerfile
	tools/uv lock --check

# Calls made from the OpenAPI document, FUZZ_EXAMPLES for each operation, and then for FUZZ_SECONDS calls that
# once were good. Both tell the seed: with it, the same calls are made again.
FUZZ_EXAMPLES ?= 200
FUZZ_SECONDS ?= 120
FUZZ_SEED ?= $(shell python3 -c 'import secrets; print(secrets.randbelow(10**9))')

fuzz: FUZZ_SEED := $(FUZZ_SEED)
fuzz: $(DEV)/.installed
	@echo "FUZZ_SEED=$(FUZZ_SEED)"
	PYTHONHASHSEED=0 GENERATED_SEED=$(FUZZ_SEED) GENERATED_EXAMPLES=$(FUZZ_EXAMPLES) \
		$(DEV)/bin/pytest -rsfE tests/contract/test_schemathesis.py
	$(DEV)/bin/python -m bench.fuzz --seed $(FUZZ_SEED) --seconds $(FUZZ_SECONDS) --count 1000000

# About ten minutes; ends with 1 where a call takes more instructions than it may. HealthChain's environment is
# made below .tools, and callgrind is asked where it is installed: what is missing is said.
bench: $(DEV)/.installed
	$(DEV)/bin/python -m bench

# Longer rounds; then writes docs/performance.json, the figure and the tables of docs/performance.md and README.md.
bench-publish: $(DEV)/.installed
	$(DEV)/bin/python -m bench --long --publish

# By way of other files: a command that fails must not leave half a document behind.
openapi: $(DEV)/.installed
	$(DEV)/bin/python -m tools.openapi_examples
	$(DEV)/bin/spine-mets openapi > openapi/openapi.json.new
	mv openapi/openapi.json.new openapi/openapi.json
	$(DEV)/bin/spine-mets openapi --openapi-version 3.0 > openapi/openapi-3.0.json.new
	mv openapi/openapi-3.0.json.new openapi/openapi-3.0.json

# What the document would break for callers of the last release, which released.json is.
breaking: $(DEV)/.installed
	$(DEV)/bin/python -m tools.openapi_breaking

# Those whose tools are here: what is missing is said, and ends with 1 only where no client could be written.
clients: $(DEV)/.installed
	$(DEV)/bin/python -m tools.clients

# Their bytes are kept: the test suite draws them again and compares.
figures: $(DEV)/.installed
	$(DEV)/bin/python -m tools.draw_figures

# Their bytes are kept: the test suite writes them again and compares.
sheets: $(DEV)/.installed
	rm -f docs/sheets/*.md
	$(DEV)/bin/spine-mets sheets docs/sheets

# From the markers of the tests: the test suite writes it again and compares.
conformance: $(DEV)/.installed
	$(DEV)/bin/python -m tools.conformance

# What is locked for running, on every platform, with the digests of its files; --frozen: as it stands in uv.lock.
sbom:
	mkdir -p dist
	tools/uv export --quiet --frozen --no-dev --format cyclonedx1.5 --preview-features sbom-export \
		--output-file dist/sbom.cdx.json

# Ends with 1 where a vulnerability is known; warns, and ends with 0, where the service that knows cannot be asked.
vulnerabilities:
	python3 tools/vulnerabilities.py

clean:
	rm -rf .tools $(DEV) $(RUN) build dist htmlcov .coverage .coverage.*
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(DEV)/.installed: pyproject.toml uv.lock tools/uv
	UV_PROJECT_ENVIRONMENT=$(DEV) tools/uv sync --frozen
	touch $@

$(RUN)/.installed: pyproject.toml uv.lock tools/uv
	UV_PROJECT_ENVIRONMENT=$(RUN) tools/uv sync --frozen --no-dev
	touch $@
