# Two commands on a fresh machine: `make demo`, `make test`. All others are listed by `make help`.
PYTHON ?= python3
PIPENV = .tools/bin/pipenv
CDKTF = .venv/bin/python scripts/run_cdktf.py
export PIPENV_VENV_IN_PROJECT = 1
export PIPENV_IGNORE_VIRTUALENVS = 1
export PIPENV_NOSPIN = 1
export PIPENV_VERBOSITY = -1
export CHECKPOINT_DISABLE = 1

.DEFAULT_GOAL := help
.PHONY: help demo test e2e reliability forget-cluster strip-finalizers picture bench lint lock setup bootstrap check-bucket upload-aws destroy clean

help: ## list these commands
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

demo: setup ## the main job on an embedded S3: deploy the bucket, publish, edit, publish again
	@.venv/bin/python scripts/demo.py

test: setup ## unit, synth, publish and stack tests
	@.venv/bin/python -m pytest -n 2 --dist loadfile

e2e: setup ## the real Kubernetes API, Flux, S3 server and Civo provider; builds what is missing from Go modules
	@.venv/bin/python -m tests.real.build
	@.venv/bin/python -m pytest -n 2 --dist loadfile tests/real tests/e2e

reliability: setup ## what Flux makes of a bucket while it is written: ours beside an in-place mirror, counted
	@.venv/bin/python -m tests.real.build
	@.venv/bin/python -m scripts.reliability

bench: setup ## speed, side by side with what else does it, into docs/performance.md; 40 minutes, alone on the machine
	@.venv/bin/python -m tests.real.build
	@.venv/bin/python -m bench

forget-cluster: ## for a cluster that is gone: let the states of site and flux forget what lay in it
	@scripts/forget-cluster

strip-finalizers: setup ## for a dead Flux: let its objects go that hang in deletion; KUBECONFIG names the cluster
	@.venv/bin/python scripts/strip_finalizers.py

picture: setup ## draw docs/terminal.svg from a run on the real Flux
	@.venv/bin/python -m tests.real.build
	@.venv/bin/python -m scripts.record

lint: setup ## ruff and mypy
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

bootstrap: setup ## create everything: cluster, bucket, Flux, site; returns when the site runs
	$(CDKTF) deploy '*' --auto-approve

check-bucket: setup ## what is live in the bucket, and since when
	.venv/bin/python -m upload history

upload-aws: setup ## publish deploy/ to the bucket
	.venv/bin/python -m upload publish

# One stack after the other: when one fails, what the others need must not be taken away from under it.
destroy: setup ## remove everything, the site first
	$(CDKTF) destroy '*' --auto-approve --parallelism 1

setup: .venv/.synced node_modules/.installed ## install what the project needs into .venv and node_modules

.tools/.installed: scripts/check-prerequisites
	@sh scripts/check-prerequisites $(PYTHON)
	@echo 'installing pipenv into .tools'
	@$(PYTHON) -m venv .tools && .tools/bin/python -m pip install --quiet --disable-pip-version-check pipenv==2026.10.3
	@touch $@

.venv/.synced: .tools/.installed Pipfile.lock pyproject.toml
	@echo 'installing the Python packages of Pipfile.lock into .venv, a minute the first time'
	@$(PIPENV) sync --dev > .tools/sync.log 2>&1 || { cat .tools/sync.log; exit 1; }
	@touch $@

node_modules/.installed: .tools/.installed package-lock.json
	@echo 'installing the cdktf command line into node_modules'
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

lock: .tools/.installed ## renew Pipfile.lock, without the address of an index
	$(PIPENV) lock
	$(PYTHON) scripts/strip_lock.py

clean: ## remove what setup and synth made; state files stay
	rm -rf .tools .venv node_modules cdktf.out
