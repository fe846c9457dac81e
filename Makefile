# make demo and make test install everything they need; make help lists all targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV ?= .venv
export PATH := $(abspath $(VENV))/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

DATA := test-data
RESULTS := demo-results

# $(call debian,PACKAGE,ADVICE): install a Debian package as root, otherwise print advice in one line
debian = if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	echo "Installing $(1)" >&2; apt-get update -qq; \
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1) >/dev/null; \
	else echo "$(2)" >&2; exit 1; fi

.PHONY: help
help:
	@echo "make demo          an experiment: from simulated reads of two conditions to a page of binding sites"
	@echo "make test          lint and all tests of the code (15 minutes from scratch on two cores)"
	@echo "make test-all      these, the Galaxy suite, the container images and the workflow (55 minutes)"
	@echo "make attack        damaged files for every reader, signals at any moment (up to an hour)"
	@echo "make setup         install the commands into $(VENV) (PYTHON=$(PYTHON))"
	@echo "make test-fast     the tests of the code that take at most a few seconds each"
	@echo "make galaxy-test   boot a real Galaxy and test every tool and workflow of the suite in it"
	@echo "make galaxy-serve  the same Galaxy, with sample data, for use in a browser"
	@echo "make image         build the two container images"
	@echo "make image-test    build and test them, including the commands of README.md and the demo"
	@echo "make workflow-test the workflow on a real SLURM of two nodes on this machine (10 minutes)"
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

# Each stamp file marks an installation with these extras; it is out of date when dependencies or commands change.
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

DEMO_SAMPLES := wt_1 wt_2 ko_1 ko_2
REFERENCES := --mirnas $(DATA)/mirnas.fa --transcripts $(DATA)/transcripts.fa.gz
.PHONY: demo demo-setup
demo-setup: $(VENV)/.installed-report,compare,tracks
demo: demo-setup
	@mkdir -p $(RESULTS)
	@echo "Simulating four samples: two conditions, two replicates" >&2
	@for sample in $(DEMO_SAMPLES); do chimera-simulate $(REFERENCES) --samples $(DATA)/samples.tsv --sample $$sample \
	      --sites 150 --reads 6000 --fold 4 --dispersion 0.02 --quiet -o $(RESULTS)/$$sample.fastq.gz; done
	chimera-parse $(REFERENCES) --gtf $(DATA)/transcripts.gtf --adapter TGGAATTCTCGGGTGCCAAGG --ties \
	      --plot $(RESULTS)/reads.png --json $(RESULTS)/chimera-parse.json $(DEMO_SAMPLES:%=$(RESULTS)/%.fastq.gz) \
	  | isomir-classify --mirnas $(DATA)/mirnas.fa --json $(RESULTS)/isomir-classify.json - \
	  | dmiso-predict --json $(RESULTS)/dmiso-predict.json -o $(RESULTS)/interactions.tsv -
	sites-merge --samples $(DATA)/samples.tsv --gtf $(DATA)/transcripts.gtf --min-replicates 2 \
	      --bed $(RESULTS)/sites.bed --bigwig $(RESULTS)/coverage --json $(RESULTS)/sites-merge.json \
	      -o $(RESULTS)/sites.tsv $(RESULTS)/interactions.tsv
	sites-compare --samples $(DATA)/samples.tsv --contrast ko wt --plot $(RESULTS)/changes.png \
	      -o $(RESULTS)/changes.tsv $(RESULTS)/sites.tsv
	attrib-align --background 20 --html $(RESULTS)/explained.html --html-pairs 20 -o $(RESULTS)/explained.tsv \
	      $(RESULTS)/sites.tsv
	interactions-report --html $(RESULTS)/sites.html --samples $(DATA)/samples.tsv --compared $(RESULTS)/changes.tsv \
	      --pairs $(RESULTS)/explained.tsv --run-report $(RESULTS)/chimera-parse.json \
	      --run-report $(RESULTS)/isomir-classify.json --run-report $(RESULTS)/sites-merge.json \
	      --figure $(RESULTS)/sites.png -o $(RESULTS)/summary.md $(RESULTS)/sites.tsv
	head -2 $(DATA)/mirnas.fa > $(RESULTS)/mirna.fa
	peak-simulate --plant-seeds $(RESULTS)/mirna.fa --distances 15 40 --length 300 --bed $(RESULTS)/planted.bed \
	      -o $(RESULTS)/planted.fa
	peak-narrow --mirnas $(RESULTS)/mirna.fa --targets $(RESULTS)/planted.fa --known $(RESULTS)/planted.bed \
	      --threshold 0.5 --plot $(RESULTS)/peaks.png -o $(RESULTS)/peaks.tsv
	@echo
	@sed -n '3s/&lt;/</gp' $(RESULTS)/summary.md
	@echo
	@echo "Look at:"
	@echo "  $(RESULTS)/sites.html        the page on all binding sites, samples and conditions: open it in a browser"
	@echo "  $(RESULTS)/summary.md        the same in short, as text"
	@echo "  $(RESULTS)/sites.png         targets, miRNAs and regions as a figure"
	@echo "  $(RESULTS)/changes.png       what changes between the conditions"
	@echo "  $(RESULTS)/reads.png         what happened to the reads"
	@echo "  $(RESULTS)/explained.html    how much each pair of bases adds to the score, for 20 sites"
	@echo "  $(RESULTS)/peaks.png         planted seed matches, located to the base on longer transcripts"
	@echo "  $(RESULTS)/sites.bed         binding sites for a genome browser; coverage.SAMPLE.bw: reads by sample"
	@echo "  $(RESULTS)/sites.tsv, changes.tsv, interactions.tsv   tables for other programs"

# ---- tests --------------------------------------------------------------------------------------------------

.PHONY: test-setup
test-setup: $(VENV)/.installed-all,test peers blast $(VENV)/.kernels

# Kernels are compiled before tests run in parallel; otherwise each process would compile them.
KERNELS := $(shell grep -rl --include='*.py' '^@compiled' mirtools)
$(VENV)/.kernels: $(KERNELS) | $(VENV)/.installed-all,test
	docker/compile_kernels.sh native $(DATA)
	@touch $@

# programs with which the tests compare outputs, separate from the dependencies of mirtools
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

# one worker per core, each runs one file of tests after the other
PYTEST := pytest -n auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder
.PHONY: test test-all test-fast attack
test: lint test-setup
	$(PYTEST)
# accepts the settings of the single parts: make test-all BROWSER=no
test-all: test
	$(MAKE) galaxy-test
	$(MAKE) image-test IMAGE_OPTIONS=--if-possible
	$(MAKE) workflow-test WORKFLOW_OPTIONS=--if-possible
test-fast: test-setup
	$(PYTEST) -m 'not slow and not package'

# ATTACK="--seed 2 --files 50000" for other or more cases
ATTACK ?=
attack: test-setup
	PYTHONPATH=tests python -m attack $(ATTACK)

.PHONY: benchmark
benchmark: test-setup
	for name in chimera predict train negatives; do python "benchmarks/$${name}_speed.py"; done

# ---- Galaxy -------------------------------------------------------------------------------------------------

# Galaxy pins hundreds of exact versions; therefore it has a separate environment, and so does planemo. The commands of
# the suite are those of $(VENV); only they are put on Galaxy's path, because jobs need Galaxy's Python there.
GALAXY := $(VENV)-galaxy
# an installation with more extras is accepted
installed = $(firstword $(wildcard $(VENV)/.installed-all$(comma)test $(VENV)/.installed-all) $(VENV)/.installed-$(1))
UV := $(GALAXY)/uv/bin/uv
$(UV): | $(VENV)/bin/python
	$(VENV)/bin/pip install --quiet --target $(GALAXY)/uv uv==0.13.8
# uv needs seconds, pip minutes. uv uses the index of pip's settings; if it fails, pip is used.
$(GALAXY)/%/.installed: tests/galaxy/%.txt | $(UV)
	$(UV) venv --quiet --clear --python $(VENV)/bin/python $(@D)
	index="$${PIP_INDEX_URL:-$$($(VENV)/bin/pip config get global.index-url 2>/dev/null || true)}"; \
	UV_SYSTEM_CERTS=1 $(UV) pip install --quiet --python $(@D)/bin/python $${index:+--default-index "$$index"} -r $< \
	|| $(VENV)/bin/pip --python $(@D)/bin/python install --quiet -r $<
	@touch $@

.PHONY: galaxy-setup galaxy-test galaxy-serve browser
galaxy-setup: $(call installed,all) $(VENV)/.kernels blast browser $(GALAXY)/server/.installed $(GALAXY)/planemo/.installed \
	$(GALAXY)/browser/.installed

# BROWSER=if-there continues without a browser if none is installed, BROWSER=no skips the tests that need one
BROWSER ?= yes
browser:
	@[ "$(BROWSER)" != yes ] || command -v chromium chromium-browser google-chrome google-chrome-stable >/dev/null \
	|| { $(call debian,chromium fonts-dejavu-core,Chromium is missing; install it: apt-get install chromium$(comma) \
	or do without: make galaxy-test BROWSER=if-there); }

# ONLY="chimera_parse browser" tests only this wrapper, and runs the checks in a browser
ONLY ?=
galaxy-test: galaxy-setup
	$(VENV)/bin/python tests/galaxy/run_galaxy.py test --home $(GALAXY) --commands $(VENV)/bin --browser $(BROWSER) $(ONLY)

# PORT=9000 uses this port instead of 8080
PORT ?=
galaxy-serve: $(call installed,all) $(GALAXY)/server/.installed
	$(VENV)/bin/python tests/galaxy/run_galaxy.py serve --home $(GALAXY) --commands $(VENV)/bin $(PORT:%=--port %)

# ---- container ----------------------------------------------------------------------------------------------

# Images are built with the installed container engine, or with one that is installed for root on Debian; its store is
# ~/.cache/mirtools-image. Tests also need programs that check images, in a separate environment.
IMAGE := $(VENV)-image
$(IMAGE)/.installed: tests/image/tools.txt | $(VENV)/bin/python
	$(VENV)/bin/python -m venv --clear $(@D)
	$(@D)/bin/pip install --quiet -r $<
	@touch $@

.PHONY: image image-test image-clean
image: | $(VENV)/bin/python
	$(VENV)/bin/python docker/build_images.py build

# IMAGE_OPTIONS=--if-possible: if no image can be built, report it and succeed
IMAGE_OPTIONS ?=
image-test: $(call installed,report) $(IMAGE)/.installed
	PYTHONPATH=docker:tests/workflow $(VENV)/bin/python tests/image/run_image_tests.py --tools $(IMAGE)/bin --commands $(VENV)/bin $(IMAGE_OPTIONS)

image-clean: | $(VENV)/bin/python
	$(VENV)/bin/python docker/build_images.py clean

# ---- workflow -----------------------------------------------------------------------------------------------

# SLURM is installed for root on Debian; otherwise the test says in one line why it is skipped.
WORKFLOW_OPTIONS ?=
.PHONY: workflow-test slurm
slurm:
	@[ "$$(id -u)" != 0 ] || PATH=$$PATH:/usr/sbin command -v slurmctld >/dev/null \
	|| ($(call debian,slurm-wlm munge,SLURM is missing)) || true
workflow-test: $(call installed,all) slurm
	$(VENV)/bin/python tests/workflow/run_workflow.py --commands $(VENV)/bin $(WORKFLOW_OPTIONS)

.PHONY: clean
clean:
	rm -rf build dist *.egg-info man/*.1 completions $(RESULTS) .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
