# Names for the commands of this project. A fresh machine needs make, python3 and node; the rest is brought here.

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help setup demo web control openapi test pytest lint format browser screens schemathesis isolation api-speed report-speed teeth killed kill-run simulate clients doctor bench growth autotask-night bicep-types web-test web-sizes web-speed backup restore costs package sbom update lock clean

UV_VERSION := 0.13.9
UV := .tools/uv/bin/uv
UV_READY := .tools/uv/.ready-$(UV_VERSION)
PY := .venv/bin/python
VENV_READY := .venv/.ready
NODE_READY := node_modules/.ready
CLIENTS_READY := .tools/clients/.ready
WEB_READY := web/node_modules/.ready
WEB_BUILT := web/dist/index.html
WEB_SOURCES := $(shell find web/src web/public -type f 2>/dev/null) web/index.html web/vite.config.ts
BICEP_READY := .tools/bicep-types/.ready
SBOM_READY := .tools/sbom/.ready
CODE := $(wildcard function_app.py) functions shared sandbox tests bench

# Everything that setup says goes to stderr, so that the stdout of `make demo JSON=1` is the demo's alone.
help: ## what can be done here
	@sed -n 's/^\([a-z-]*\):.*## /make \1|/p' Makefile | while IFS='|' read -r name what; do printf '%-14s %s\n' "$$name" "$$what"; done

setup: $(VENV_READY) $(NODE_READY) ## bring Python packages and Azurite into this folder (done by the others when needed)
	@:

demo: setup $(if $(ONCE),,$(WEB_BUILT)) ## run Seatwise with a demo MSP and stand-ins: ONCE=1 STATE=dir JSON=1 TENANTS=n WATCH=renewals|mailboxes
	@$(PY) -m sandbox demo $(if $(ONCE),--once) $(if $(STATE),--state "$(STATE)") $(if $(JSON),--json) $(if $(TENANTS),--tenants $(TENANTS)) $(if $(WATCH),--watch "$(WATCH)")

web: setup $(WEB_READY) ## the demo with the front end's development server: pages change as web/src does
	@$(PY) -m sandbox demo --develop-web $(if $(STATE),--state "$(STATE)")

control: $(VENV_READY) ## change the demo's world: ARGS="--state dir add-seats TENANT SKU 3" (ARGS=--help lists all)
	@$(PY) -m sandbox control $(ARGS)

openapi: setup $(WEB_READY) ## write docs/openapi.json, the document of the HTTP API, and its types for web/
	@$(PY) -m functions.api.document docs/openapi.json
	@cd web && npm run --silent api

test: lint web-test setup ## everything that must pass: lint, types, all tests, two files of them at a time
	@$(PY) -m pytest -n 2 --dist loadfile

web-sizes: $(WEB_BUILT) ## how much JavaScript the front end's first page loads; over 300 kB fails
	@node web/sizes.mjs

web-speed: setup $(WEB_BUILT) ## the front end of an MSP with 1,000 companies in a real Chromium: first page, scrolling, searching: STATE=dir as above
	@$(PY) -m bench.web_speed $(if $(STATE),--state "$(STATE)") $(ARGS)

web-test: $(WEB_READY) ## the front end's types, lint and unit tests
	@cd web && npm run --silent types && npm run --silent lint && npm run --silent test

pytest: setup ## some of the tests, one by one: ARGS="tests/shared -k quantities"
	@$(PY) -m pytest $(ARGS)

lint: $(VENV_READY) ## ruff and mypy --strict
	@.venv/bin/ruff check $(CODE)
	@.venv/bin/ruff format --check $(CODE)
	@.venv/bin/mypy --strict $(CODE)

format: $(VENV_READY) ## put the code into one shape
	@.venv/bin/ruff check --fix-only --quiet $(CODE)
	@.venv/bin/ruff format $(CODE)

browser: setup $(WEB_BUILT) ## the mail, its page and the front end in a real Chromium, which must be installed: ARGS="-k phone"
	@$(PY) -m pytest tests/browser $(ARGS)

screens: setup $(WEB_BUILT) ## the pictures in docs/screens anew, from the demo's real mail and its page
	@$(PY) -m pytest tests/browser --screens docs/screens

schemathesis: setup ## ask every operation of the HTTP API as each role, EXAMPLES times (300) each
	@SCHEMATHESIS_EXAMPLES=$(or $(EXAMPLES),300) $(PY) -m pytest tests/functions/api/test_schemathesis.py $(ARGS)

isolation: setup ## ask the HTTP API anything as two accounts, STEPS times (10000): nothing of the one shows in the other
	@ISOLATION_STEPS=$(or $(STEPS),10000) $(PY) -m pytest tests/functions/api/test_isolation.py $(ARGS)

api-speed: setup ## ask the HTTP API of an MSP with 1,000 tenants 20 times a second for a minute: STATE=dir of one that has lived a day
	@$(PY) -m bench.api_speed $(if $(STATE),--state "$(STATE)") $(ARGS)

killed: setup ## kill the host at every named point of a night, of a mail, of a monthly report, and of a write to each PSA
	@$(PY) -m pytest tests/killed $(ARGS)

teeth: setup $(WEB_READY) ## remove one guard at a time and demand that its test fails
	@$(PY) -m tests.teeth $(ARGS)

kill-run: setup ## end processes at random moments of ROUNDS nights (10) and check the truth: SEED=seatwise-7 for one of them, SERIES=word for others, PSA=halo (autotask, each)
	@$(PY) -m tests.kill_run $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SEED),--seed "$(SEED)") $(if $(SERIES),--series "$(SERIES)") $(if $(PSA),--psa $(PSA))

simulate: setup ## live SEEDS (25) simulated MSPs from seed FIRST (1) on, DAYS=30 TENANTS=20, REAL=1 over real sockets and Azurite: a failure prints its seed and its shrunk story
	@$(PY) -m tests.simulation $(if $(SEEDS),--seeds $(SEEDS)) $(if $(FIRST),--first $(FIRST)) $(if $(DAYS),--days $(DAYS)) $(if $(TENANTS),--tenants $(TENANTS)) $(if $(REAL),--real)

clients: setup $(CLIENTS_READY) ## run third-party clients, unmodified, against the stand-ins: ARGS=pyconnectwise for one
	@$(PY) -m tests.clients $(ARGS)

doctor: setup ## look whether an installation is well: its settings in the environment, or STATE=dir of a sandbox
	@$(if $(STATE),$(PY) -m sandbox control --state "$(STATE)" doctor,$(PY) -m functions.doctor)

backup: setup ## copy all that is stored into one ZIP file, by the settings in the environment: TO=seatwise.zip
	@$(PY) -m functions.backup save "$(TO)"

restore: setup ## put such a copy into an empty storage: FROM=seatwise.zip
	@$(PY) -m functions.backup restore "$(FROM)"

report-speed: setup ## make a thousand monthly reports, and look at 200 logos: processor time of one, memory
	@$(PY) -m bench.logo_speed
	@$(PY) -m bench.report_speed $(ARGS)

bench: setup $(CLIENTS_READY) ## measure nights and peers, and say by how much each goal is met: TENANTS=n (1000), docs/performance.md
	@$(PY) -m bench $(if $(TENANTS),--tenants $(TENANTS)) $(ARGS)

growth: setup ## nights of a smaller and a larger MSP: peak memory, and whether a night grows faster: TENANTS="1000 5000"
	@$(PY) -m bench.growth $(or $(TENANTS),1000 5000) $(ARGS)

autotask-night: setup ## a night of an MSP with Autotask, of whose hourly calls others use half: TENANTS=n (120), docs/performance.md
	@$(PY) -m bench.autotask $(if $(TENANTS),--tenants $(TENANTS)) $(ARGS)

costs: setup ## what 1,000 tenants cost a month, from the counts of the last `make bench`
	@$(PY) -m bench.costs

package: $(UV_READY) ## what is deployed with its packages in it, where Azure's remote build fails: seatwise.zip (docs/deploy.md)
	@rm -rf .tools/package && mkdir -p .tools/package
	@cp -r function_app.py functions shared host.json requirements.txt .tools/package
	@find .tools/package -name __pycache__ -prune -exec rm -rf {} +
	@$(UV) pip install --quiet --target .tools/package/.python_packages/lib/site-packages --python-version 3.13 --python-platform x86_64-manylinux_2_28 --require-hashes --no-build -r requirements.txt 1>&2
	@cd .tools/package && python3 -m zipfile -c ../../seatwise.zip function_app.py functions shared host.json requirements.txt .python_packages

sbom: $(UV_READY) $(SBOM_READY) $(WEB_READY) ## what is deployed: sbom.json (the app), sbom-web.json (the front end), as CycloneDX; licences.md of both
	@$(UV) venv --quiet --clear --python 3.13 .tools/deployed 1>&2
	@$(UV) pip sync --quiet --python .tools/deployed/bin/python --require-hashes requirements.txt 1>&2
	@.tools/sbom/bin/cyclonedx-py environment .tools/deployed/bin/python --pyproject pyproject.toml --output-reproducible -o sbom.json
	@.tools/sbom/bin/pip-licenses --python .tools/deployed/bin/python --format markdown --with-urls --output-file licences.md
	@npm --prefix web sbom --omit=dev --sbom-format=cyclonedx > sbom-web.json
	@node web/licences.mjs sbom-web.json >> licences.md

update: $(UV_READY) ## newest versions of every package into the lock files: look at the difference, then `make test`
	@$(MAKE) lock ARGS=--upgrade
	@npm update --package-lock-only --loglevel=error
	@npm --prefix web update --package-lock-only --loglevel=error

bicep-types: setup $(BICEP_READY) ## write anew what Azure's resources may say, for the tests of infra/
	@$(PY) -m tests.infra.fetch_types .tools/bicep-types/bin/azmcp

lock: $(UV_READY) ## compile the requirement files anew from pyproject.toml: ARGS=--upgrade
	@$(UV) pip compile pyproject.toml $(LOCK) -q -o requirements.txt $(ARGS)
	@$(UV) pip compile pyproject.toml $(LOCK) -q -o requirements-dev.txt --group dev -c requirements.txt $(ARGS)
	@$(UV) pip compile tests/clients/requirements.in $(LOCK) -q -o tests/clients/requirements.txt $(ARGS)
	@$(UV) pip compile .ci/sbom.in $(LOCK) -q -o .ci/sbom.txt $(ARGS)
	@$(UV) pip compile tests/infra/requirements.in $(LOCK) -q -o tests/infra/requirements.txt $(ARGS)

clean: ## remove what setup brought and what runs left behind
	@rm -rf .venv .tools node_modules web/node_modules web/dist .sandbox .mypy_cache .ruff_cache .pytest_cache .hypothesis

LOCK := --python-version 3.13 --universal --generate-hashes --no-emit-index-url --no-header

$(UV_READY):
	@command -v python3 >/dev/null || { echo "Seatwise needs python3 (any version from 3.9) to begin: install it, then call make again." 1>&2; exit 1; }
	@echo "Setting up uv $(UV_VERSION) in .tools ..." 1>&2
	@python3 -m venv --clear .tools/uv 1>&2 || { echo "python3 cannot make virtual environments here: install its venv module (Debian: apt-get install python3-venv), then call make again." 1>&2; exit 1; }
	@.tools/uv/bin/python -m pip install -qq --disable-pip-version-check uv==$(UV_VERSION) 1>&2
	@touch $@

$(VENV_READY): $(UV_READY) .python-version requirements-dev.txt
	@echo "Setting up Python packages in .venv ..." 1>&2
	@$(PY) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null || $(UV) venv --quiet --clear --python 3.13 .venv 1>&2 || { echo "Seatwise needs Python 3.13, which is neither here nor could be fetched: install it (for example: pyenv install 3.13), then call make again." 1>&2; exit 1; }
	@$(UV) pip sync --quiet --python $(PY) --require-hashes requirements-dev.txt 1>&2
	@touch $@

$(WEB_READY): web/package-lock.json web/.npmrc
	@command -v node >/dev/null && command -v npm >/dev/null || { echo "The front end needs Node.js 20.19 or newer with npm: install it, then call make again." 1>&2; exit 1; }
	@echo "Setting up the front end's packages in web/node_modules (about a minute) ..." 1>&2
	@cd web && npm ci --loglevel=error 1>&2
	@touch $@

$(WEB_BUILT): $(WEB_READY) $(WEB_SOURCES)
	@echo "Building the front end ..." 1>&2
	@cd web && npm run --silent build -- --logLevel error 1>&2

$(CLIENTS_READY): $(UV_READY) tests/clients/requirements.txt tests/clients/node/package-lock.json
	@echo "Setting up third-party clients in .tools/clients ..." 1>&2
	@$(UV) venv --quiet --clear --python 3.13 .tools/clients 1>&2
	@$(UV) pip sync --quiet --python .tools/clients/bin/python --require-hashes tests/clients/requirements.txt 1>&2
	@cp tests/clients/node/package.json tests/clients/node/package-lock.json tests/clients/node/.npmrc .tools/clients/
	@npm ci --prefix .tools/clients --loglevel=error 1>&2
	@touch $@

$(SBOM_READY): $(UV_READY) .ci/sbom.txt
	@echo "Setting up the tools of the SBOM in .tools/sbom ..." 1>&2
	@$(UV) venv --quiet --clear --python 3.13 .tools/sbom 1>&2
	@$(UV) pip sync --quiet --python .tools/sbom/bin/python --require-hashes .ci/sbom.txt 1>&2
	@touch $@

$(BICEP_READY): $(UV_READY) tests/infra/requirements.txt
	@echo "Setting up Bicep's type definitions in .tools/bicep-types (150 MB) ..." 1>&2
	@$(UV) venv --quiet --clear --python 3.13 .tools/bicep-types 1>&2
	@$(UV) pip sync --quiet --python .tools/bicep-types/bin/python --require-hashes tests/infra/requirements.txt 1>&2
	@touch $@

$(NODE_READY): package-lock.json .npmrc
	@command -v node >/dev/null && command -v npm >/dev/null || { echo "Seatwise needs Node.js 18 or newer with npm, for the storage emulator: install it, then call make again." 1>&2; exit 1; }
	@echo "Setting up Azurite in node_modules (about half a minute) ..." 1>&2
	@npm ci --loglevel=error 1>&2
	@touch $@
