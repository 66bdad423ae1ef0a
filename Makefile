# Every target is a thin line over the command `aftersales`, which `make setup` puts into .venv.
PYTHON ?= python3
AFTERSALES := .venv/bin/aftersales

.DEFAULT_GOAL := help
.PHONY: help setup lock test up down status demo story bench faults faults-planted

help:  ## print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## make or renew the environment .venv
	@$(PYTHON) deploy/environment.py setup

lock:  ## write requirements.lock anew from the members' dependencies
	@$(PYTHON) deploy/environment.py lock

.PHONY: promtool image-steps
promtool: setup  ## build promtool with Go, for the test of the alert rules
	@.venv/bin/python -m aftersales_local.promtool

image-steps: setup  ## do what the image and Compose do, without Docker
	@.venv/bin/python -m pytest tests/deploy/image_steps.py

test: setup  ## run every check and every test
	@$(AFTERSALES) check

up: setup  ## start the local stack and leave it running
	@$(AFTERSALES) up

down: setup  ## stop the local stack
	@$(AFTERSALES) down

status: setup  ## show health, lag and what waits
	@$(AFTERSALES) status

demo: setup  ## run the main job on real orders, start to end
	@$(AFTERSALES) demo

story: setup  ## play the dated stories
	@$(AFTERSALES) story

.PHONY: oracle
oracle: setup  ## hold the rules against their second implementation: STORIES=100000 SEED=1
	@.venv/bin/python -m tests.oracle --stories $(or $(STORIES),100000) --seed $(or $(SEED),1)

bench: setup  ## measure the engine beside its peers
	@$(AFTERSALES) bench

faults: setup  ## kill and stop every part while the demo's load runs, then prove that nothing differs
	@$(AFTERSALES) faults

faults-planted: setup  ## show that the checker finds what is broken on purpose
	@$(AFTERSALES) faults-planted

.PHONY: mutants
mutants: setup  ## change the rules in one place at a time; a test must notice each change
	@$(AFTERSALES) mutants
