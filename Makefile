# make demo and make test set everything up; make help lists the rest.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV ?= .venv
export PATH := $(abspath $(VENV))/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

DATA := test-data
RESULTS := demo-results

# $(call debian,PACKAGE,ADVICE): install a Debian package as root, else give advice in one line
debian = if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	echo "Installing $(1)" >&2; apt-get update -qq; \
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1) >/dev/null; \
	else echo "$(2)" >&2; exit 1; fi

.PHONY: help
help:
	@echo "make demo          from simulated reads to explained target sites, figures and a summary"
	@echo "make test          lint and all tests of the code (15 minutes, from nothing, on two cores)"
	@echo "make test-all      these, the Galaxy suite and the container images (45 minutes)"
	@echo "make attack        damaged files for every reader, signals at any moment (up to an hour)"
	@echo "make setup         install the commands into $(VENV) (PYTHON=$(PYTHON))"
	@echo "make test-fast     the tests of the code that take no more than a few seconds each"
	@echo "make galaxy-test   boot a real Galaxy and test every tool and workflow of the suite in it"
	@echo "make galaxy-serve  the same Galaxy, with sample data, to click through"
	@echo "make image         build the two container images"
	@echo "make image-test    build them and test them, with the lines of README.md and the demo inside"
	@echo "make lint          formatting, style and types"
	@echo "make benchmark     measure speed and memory"
	@echo "make clean         remove what was built, except $(VENV)"

# ---- installation -------------------------------------------------------------------------------------------

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "mirtools needs Python 3.11 or newer; name one: make PYTHON=python3.13" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { $(call debian,python3-venv,Python has no venv module; install it: apt-get install python3-venv); }
	$(PYTHON) -m venv $(VENV)

# A stamp is a kind of installation; it is old when the list of dependencies or commands has changed.
$(VENV)/.installed-%: setup.cfg pyproject.toml | $(VENV)/bin/python
	pip install --quiet --editable '.[$*]'
	@touch $@

.PHONY: setup
setup: $(VENV)/.installed-report

.PHONY: blast
blast:
	@command -v blastn >/dev/null || { $(call debian,ncbi-blast+,NCBI BLAST+ is missing; install it: \
	apt-get install ncbi-blast+$(comma) brew install blast$(comma) or conda install -c bioconda blast); }

comma := ,

# ---- demo ---------------------------------------------------------------------------------------------------

.PHONY: demo
demo: setup
	@mkdir -p $(RESULTS)
	chimera-parse --mirnas $(DATA)/mirnas.fa --transcripts $(DATA)/transcripts.fa.gz \
	      --adapter TGGAATTCTCGGGTGCCAAGG --plot $(RESULTS)/reads.png --json $(RESULTS)/chimera-parse.json \
	      $(DATA)/reads.fastq.gz \
	  | isomir-classify --mirnas $(DATA)/mirnas.fa --json $(RESULTS)/isomir-classify.json - \
	  | dmiso-predict --json $(RESULTS)/dmiso-predict.json - \
	  | attrib-align --background 20 --json $(RESULTS)/attrib-align.json --html $(RESULTS)/explained.html --html-pairs 20 \
	      -o $(RESULTS)/interactions.tsv -
	interactions-report --run-report $(RESULTS)/chimera-parse.json --run-report $(RESULTS)/isomir-classify.json \
	      --run-report $(RESULTS)/dmiso-predict.json --figure $(RESULTS)/interactions.png \
	      -o $(RESULTS)/summary.md $(RESULTS)/interactions.tsv
	binding-classes --plot $(RESULTS)/classes.png -o $(RESULTS)/classified.tsv $(RESULTS)/interactions.tsv
	head -2 $(DATA)/mirnas.fa > $(RESULTS)/mirna.fa
	peak-simulate --plant-seeds $(RESULTS)/mirna.fa --distances 15 40 --length 300 --bed $(RESULTS)/planted.bed \
	      -o $(RESULTS)/planted.fa
	peak-narrow --mirnas $(RESULTS)/mirna.fa --targets $(RESULTS)/planted.fa --known $(RESULTS)/planted.bed \
	      --plot $(RESULTS)/peaks.png -o $(RESULTS)/peaks.tsv
	@echo
	@sed -n 3p $(RESULTS)/summary.md
	@echo
	@echo "Look at:"
	@echo "  $(RESULTS)/summary.md        what was found, to read"
	@echo "  $(RESULTS)/interactions.png  the same as a figure"
	@echo "  $(RESULTS)/reads.png         what became of the reads"
	@echo "  $(RESULTS)/explained.html    why the model scores 20 of them as it does, base by base"
	@echo "  $(RESULTS)/classes.png       where on the miRNA the weight of all of them lies"
	@echo "  $(RESULTS)/peaks.png         planted seeds, found to the base on longer transcripts"
	@echo "  $(RESULTS)/interactions.tsv  every interaction, for the next program"

# ---- tests --------------------------------------------------------------------------------------------------

.PHONY: test-setup
test-setup: $(VENV)/.installed-all,test peers blast $(VENV)/.kernels

# Kernels are compiled before tests run side by side, or each of them would do it.
KERNELS := $(shell grep -rl --include='*.py' '^@compiled' mirtools)
$(VENV)/.kernels: $(KERNELS) | $(VENV)/.installed-all,test
	docker/compile_kernels.sh native $(DATA)
	@touch $@

# programs that the tests hold our outputs against, away from our own dependencies
PEERS := $(VENV)-peers
$(PEERS)/.installed: tests/peers.txt | $(VENV)/bin/python
	$(VENV)/bin/python -m venv $(PEERS)
	$(PEERS)/bin/pip install --quiet -r $<
	@touch $@
.PHONY: peers
peers: $(PEERS)/.installed

.PHONY: lint
lint: $(VENV)/.installed-all,test
	ruff format --check .
	ruff check .
	mypy

# a worker a core takes one file of tests after the other
PYTEST := pytest -n auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder
.PHONY: test test-all test-fast attack
test: lint test-setup
	$(PYTEST)
# what is said of a part holds here, too: make test-all BROWSER=no
test-all: test
	$(MAKE) galaxy-test
	$(MAKE) image-test IMAGE_OPTIONS=--if-possible
test-fast: test-setup
	$(PYTEST) -m 'not slow and not package'

# ATTACK="--seed 2 --files 50000" asks for other cases, or more
ATTACK ?=
attack: test-setup
	PYTHONPATH=tests python -m attack $(ATTACK)

.PHONY: benchmark
benchmark: test-setup
	for name in chimera predict train negatives; do python "benchmarks/$${name}_speed.py"; done

# ---- Galaxy -------------------------------------------------------------------------------------------------

# Galaxy pins hundreds of exact versions, so it has an environment of its own, and planemo another. The commands of
# the suite are those of $(VENV); only they are put on Galaxy's path, as jobs find Galaxy's Python there.
GALAXY := $(VENV)-galaxy
# an installation that holds more will do
installed = $(firstword $(wildcard $(VENV)/.installed-all$(comma)test $(VENV)/.installed-all) $(VENV)/.installed-$(1))
UV := $(GALAXY)/uv/bin/uv
$(UV): | $(VENV)/bin/python
	$(VENV)/bin/pip install --quiet --target $(GALAXY)/uv uv==0.13.8
# uv makes in seconds what takes pip minutes. Of pip's settings it is told the index; where it fails, pip tries.
$(GALAXY)/%/.installed: galaxy_xml/%.txt | $(UV)
	$(UV) venv --quiet --clear --python $(VENV)/bin/python $(@D)
	index="$${PIP_INDEX_URL:-$$($(VENV)/bin/pip config get global.index-url 2>/dev/null || true)}"; \
	UV_SYSTEM_CERTS=1 $(UV) pip install --quiet --python $(@D)/bin/python $${index:+--default-index "$$index"} -r $< \
	|| $(VENV)/bin/pip --python $(@D)/bin/python install --quiet -r $<
	@touch $@

.PHONY: galaxy-setup galaxy-test galaxy-serve browser
galaxy-setup: $(call installed,all) $(VENV)/.kernels blast browser $(GALAXY)/server/.installed $(GALAXY)/planemo/.installed \
	$(GALAXY)/browser/.installed

# BROWSER=if-there goes on without a browser where there is none, BROWSER=no leaves it out
BROWSER ?= yes
browser:
	@[ "$(BROWSER)" != yes ] || command -v chromium chromium-browser google-chrome google-chrome-stable >/dev/null \
	|| { $(call debian,chromium fonts-dejavu-core,Chromium is missing; install it: apt-get install chromium$(comma) \
	or go without: make galaxy-test BROWSER=if-there); }

# ONLY="chimera_parse browser" tests this wrapper alone, and what is done in a browser
ONLY ?=
galaxy-test: galaxy-setup
	$(VENV)/bin/python galaxy_xml/run_galaxy.py test --home $(GALAXY) --commands $(VENV)/bin --browser $(BROWSER) $(ONLY)

# PORT=9000 asks for another port than 8080
PORT ?=
galaxy-serve: $(call installed,all) $(GALAXY)/server/.installed
	$(VENV)/bin/python galaxy_xml/run_galaxy.py serve --home $(GALAXY) --commands $(VENV)/bin $(PORT:%=--port %)

# ---- container ----------------------------------------------------------------------------------------------

# Images are built with the container engine that is there, or with one that root gets on Debian; its store is kept in
# ~/.cache/mirtools-image. Tests also need programs that check images, in an environment of their own.
IMAGE := $(VENV)-image
$(IMAGE)/.installed: docker/tools.txt | $(VENV)/bin/python
	$(VENV)/bin/python -m venv --clear $(@D)
	$(@D)/bin/pip install --quiet -r $<
	@touch $@

.PHONY: image image-test image-clean
image: | $(VENV)/bin/python
	$(VENV)/bin/python docker/run_image.py build

# IMAGE_OPTIONS=--if-possible: where no image can be built, say so and succeed
IMAGE_OPTIONS ?=
image-test: $(call installed,report) $(IMAGE)/.installed
	$(VENV)/bin/python docker/run_image.py test --tools $(IMAGE)/bin --commands $(VENV)/bin $(IMAGE_OPTIONS)

image-clean: | $(VENV)/bin/python
	$(VENV)/bin/python docker/run_image.py clean

.PHONY: clean
clean:
	rm -rf build dist *.egg-info man/*.1 completions $(RESULTS) .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
