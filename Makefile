# SPDX-License-Identifier: Apache-2.0
#
# Everyday commands. Each does all that it needs, in order: Debian packages, libraries and models,
# configure, build, run. Nothing is done twice.

PORT ?= 8080
JOBS ?= $(shell nproc)
# BENCH=strand runs only the benches whose program's name contains it.
BENCH ?=
# SHORT=1 shows that check-long's commands work; STAGES="fuzz soak" runs some of them.
SHORT ?=
STAGES ?=
# Where `make install` puts headers, libraries and the CMake package.
PREFIX ?= /usr/local
# CONFIGURE=-DPARLEY_WERROR=OFF and the like are handed to CMake.
CONFIGURE ?=

BUILD := build/release
CONFIGURE_LOG := $(BUILD)/configure.log

.PHONY: help build serve install test bench check-long clean format tidy packages deps wheel

help:
	@echo "make build       build bin/parley"
	@echo "make serve       build it, and serve on http://127.0.0.1:$(PORT) (PORT=8080)"
	@echo "make install     the engine as a library: find_package(Parley) (PREFIX=/usr/local)"
	@echo "make wheel       build the Python package into dist/"
	@echo "make test        build and run the tests"
	@echo "make check-long  what takes hours: sanitizers, fuzzers, soak, load (STAGES=fuzz, SHORT=1)"
	@echo "make bench       the micro-benchmarks (BENCH=name for some)"
	@echo "make format      format the sources;  make tidy  check them"
	@echo "make packages    install the Debian packages that are missing"
	@echo "make deps        fetch libraries and models (tools/deps)"
	@echo "make clean       remove what was built (fetched things stay in the cache)"

packages:
	@tools/packages build tests bench checks

deps:
	@tools/packages build
	@tools/deps

# Silent unless it fails; CMake's own output goes to a file.
define configure
	@mkdir -p $(BUILD)
	@cmake --preset release $(1) $(CONFIGURE) >$(CONFIGURE_LOG) 2>&1 || { cat $(CONFIGURE_LOG); exit 1; }
endef

build:
	@tools/packages build
	@tools/deps --quiet
	$(call configure,)
	@cmake --build $(BUILD) --target programs -j $(JOBS)

serve: build
	@exec bin/parley serve --port $(PORT)

install:
	@tools/packages build
	@tools/deps --quiet
	$(call configure,)
	@cmake --build $(BUILD) --target parley_engine parley_speech -j $(JOBS)
	@cmake --install $(BUILD) --prefix $(PREFIX) >$(BUILD)/install.log || { cat $(BUILD)/install.log; exit 1; }
	@echo "Installed in $(PREFIX). In a CMake project: find_package(Parley REQUIRED), Parley::engine"

wheel:
	@tools/packages build tests
	@tools/deps --quiet --with tests
	$(call configure,-DPARLEY_PYTHON=ON)
	@cmake --build $(BUILD) --target python_package -j $(JOBS)
	@python3 tools/make_wheel.py $(BUILD)/python/parley dist

test:
	@tools/packages build tests
	@tools/deps --quiet --with tests
	$(call configure,-DPARLEY_TESTS=ON)
	@cmake --build $(BUILD) -j $(JOBS)
	@ctest --test-dir $(BUILD) --output-on-failure --no-tests=error -LE soak -j $(JOBS)

check-long:
	@tools/packages build tests checks
	@tools/deps --quiet --with tests
	@tools/check_long.sh $(if $(SHORT),--short) $(STAGES)

bench:
	@tools/packages build bench
	@tools/deps --quiet --with bench
	$(call configure,-DPARLEY_BENCHES=ON)
	@cmake --build $(BUILD) --target programs benches -j $(JOBS)
	@set -e; for program in $(BUILD)/bench-bin/*$(BENCH)*; do \
	  echo "== $$(basename $$program)"; \
	  $$program --benchmark_repetitions=5 --benchmark_display_aggregates_only=true; \
	done

format:
	@tools/packages checks
	@git ls-files '*.h' '*.cpp' | xargs clang-format-19 -i

tidy:
	@tools/packages build tests checks
	@python3 tools/tidy.py
	@python3 tools/limits.py --check
	$(call configure,-DPARLEY_TESTS=ON)
	@tools/clang_tidy.sh $(BUILD)

clean:
	@rm -rf build bin dist
