# Every target does the set-up it needs; what is already done costs a second.
# PYTHON names the interpreter the set-up starts from, for machines whose python3 is too old.
PYTHON ?= python3

# ruff leaves .gitignore out of account where there is no .git, as in an unpacked archive.
SOURCES = --extend-exclude .tools .

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-adopt bench torture audit quick test check checkov security format snapshots fuzz release-snapshot docs compat prowler second-opinion cfn-lint stories nightly clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-17s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## install what the project needs: Python and Node packages, Terraform, provider
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
		echo "setup: Python 3.11 or newer is needed, found no $(PYTHON) on PATH: install python3 and python3-pip" >&2; \
		exit 1; }
	@$(PYTHON) dev/setup/setup.py

demo: setup ## deploy the whole platform onto an embedded AWS and show what is there
	@. ./activate && python -m local.demo

demo-adopt: setup ## adopt a legacy base, and then a CDK stack, on an embedded AWS
	@. ./activate && python -m local.demo_adopt

bench: setup ## measure synthesis, diff, deploy, adoption and scale, side by side
	@. ./activate && python -m dev.bench

torture: setup ## let things fail while a stage is deployed, and write what came of it to docs/reliability.md
	@. ./activate && python -m dev.fault_injection

audit: setup ## ask whether a locked package has a known vulnerability (needs the internet)
	@. ./activate && python -m security.supply_chain

quick: check ## check, then run the tests that need neither Terraform nor Node, but for the longest
	@. ./activate && python -m pytest --numprocesses 4 --no-loadscope-reorder --quick

test: check checkov ## check, then run every test but the nightly ones
	@. ./activate && python -m pytest -m "not nightly" --numprocesses 4 --no-loadscope-reorder

check: setup ## lint, formatting, types, which package knows which, workflows, secrets
	@. ./activate && ruff check $(SOURCES) && ruff format --check $(SOURCES) && mypy && lint-imports && python -m security.repository

checkov: setup ## install checkov, in a virtualenv of its own
	@$(PYTHON) dev/setup/setup.py checkov

security: checkov ## look for security errors in what every stage synthesizes to
	@. ./activate && python -m security

format: setup ## format the code and apply the safe lint fixes
	@. ./activate && ruff format $(SOURCES) && ruff check --fix $(SOURCES)

snapshots: setup ## rewrite the snapshots of the stages, the table of settings and the picture
	@. ./activate && python -m pytest tests/snapshots tests/docs/test_settings_table.py tests/ops/picture/test_diagram.py --update-snapshots

fuzz: setup ## give every entry point thousands of bad inputs, and count the tracebacks
	@. ./activate && python -m tests.fuzz

release-snapshot: setup ## keep what this version synthesizes, for the test of upgrades from it
	@. ./activate && python -m tests.upgrades.release "$(VERSION)"

docs: setup ## build the docs as a static site, every link checked
	@. ./activate && python -m dev.site

compat: setup ## try the two ways on from CDKTF and AWS provider 5, with the present code (needs the internet)
	@. ./activate && python -m tests.compat

prowler: setup ## let prowler look at prod on the embedded AWS (needs the internet)
	@. ./activate && python -m dev.prowler

second-opinion: setup ## deploy dev onto ministack, an AWS in memory by other people (needs the internet)
	@. ./activate && python -m dev.second_opinion

cfn-lint: setup ## let cfn-lint look at what a retirement sends to CloudFormation (needs the internet)
	@. ./activate && python -m tests.cfn_lint

stories: checkov ## run the long stories of a stage, which `make test` leaves out
	@. ./activate && python -m pytest -m nightly --numprocesses 4 --no-loadscope-reorder

# Each runs, whatever became of those before it: a registry that does not answer hides no broken story.
nightly: setup ## what is too long for each change: long stories, other versions, other people's tools (needs the internet)
	@failed=; for each in stories compat prowler second-opinion cfn-lint; do \
		echo "nightly: make $$each"; \
		$(MAKE) --no-print-directory $$each || failed="$$failed $$each"; \
	done; \
	[ -z "$$failed" ] || { echo "nightly: failed:$$failed" >&2; exit 1; }

clean: ## remove everything the set-up and the runs have made, except Terraform state
	rm -rf .venv security/.venv .tools node_modules cdktf.out .gen .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
