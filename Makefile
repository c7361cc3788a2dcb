# The front door. Everything here is a short way to call CMake; `cmake --preset release` works just as well.

# A build from nothing is quicker with precompiled headers, a repeated one with ccache; the two do not go together.
CCACHE := $(shell command -v ccache 2>/dev/null)
ifneq ($(CCACHE),)
export CMAKE_CXX_COMPILER_LAUNCHER ?= $(CCACHE)
PCH = OFF
else
PCH = ON
endif

# NATIVE=ON builds for this processor alone.
NATIVE ?= OFF
CONFIGURE = cmake --preset release -DPGB_NATIVE=$(NATIVE) -DPGB_PCH=$(PCH)
BUILD = cmake --build --preset release

.DEFAULT_GOAL := help
.PHONY: help demo test bench docs format tidy clean

help: ## print this list
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' Makefile | expand -t 9

demo: build/.packages-installed ## install what is missing, build pgbcheck, run it on trained networks, name its report
	@$(CONFIGURE)
	@$(BUILD) --target pgbcheck
	@sh examples/digits/demo.sh build/release/bin/pgbcheck build/demo

test: build/.test-packages-installed ## install what is missing, build everything, run every test
	@$(CONFIGURE)
	@$(BUILD)
	@ctest --preset release

bench: build/.packages-installed ## build and run the benchmarks
	@$(CONFIGURE)
	@$(BUILD) --target bench

docs: ## make the site of the documentation in build/docs/site (needs mkdocs and doxygen)
	@mkdir -p build && sh cmake/make-docs.sh build

format: ## rewrite the C++ sources in the house layout (needs clang-format)
	@git ls-files --cached --others --exclude-standard '*.h' '*.cpp' | xargs -r clang-format -i

tidy: build/.packages-installed ## run clang-tidy on every C++ file (needs clang-tidy)
	@cmake --preset tidy
	@cmake --build --preset tidy

clean: ## delete everything that was built
	@rm -rf build

# Redone only when the list of packages changes.
build/.packages-installed: cmake/install-debian-packages.sh
	@sh cmake/install-debian-packages.sh
	@mkdir -p build && touch $@

build/.test-packages-installed: cmake/install-debian-packages.sh
	@sh cmake/install-debian-packages.sh test
	@mkdir -p build && touch $@ build/.packages-installed
