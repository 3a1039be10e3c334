# Coolant. `make help` lists what there is to do.

GO      ?= go
NPM     ?= npm
BIN     := bin/coolant
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
FUZZTIME ?= 30s

export CGO_ENABLED = 0

.DEFAULT_GOAL := help
.PHONY: help demo run build ui firmware-host test test-go test-race test-firmware test-web e2e deps check fmt bench fuzz screenshots release image clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## build everything and start it with a simulated ESP32
	$(BIN) demo $(ARGS)

run: build ## build everything and start the service on ./data
	$(BIN) serve $(ARGS)

build: ui ## build bin/coolant with the page inside
	$(GO) build -trimpath -tags ui -ldflags "$(LDFLAGS)" -o $(BIN) ./cmd/coolant

# The page is built again only if one of its sources is newer than the result.
UI_SOURCES := $(shell find web/src web/public web/scripts web/index.html web/*.json web/*.ts web/*.js web/.npmrc internal/api/openapi.json -type f 2>/dev/null)

ui: web/dist/index.html

web/dist/index.html: web/node_modules/.package-lock.json $(UI_SOURCES)
	cd web && $(NPM) run build
	@touch $@

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	cd web && $(NPM) ci --no-audit --no-fund
	@touch $@

firmware-host: ## build bin/firmware-host: the firmware as a Linux program
	cmake -S firmware/host -B build/firmware-host
	cmake --build build/firmware-host --parallel
	@mkdir -p bin
	cp build/firmware-host/firmware-host bin/firmware-host

test: deps build test-go test-race test-firmware test-web e2e ## run all tests; installs what they need on Debian and Ubuntu

test-go:
	$(GO) test -timeout 12m ./...

# The race detector needs cgo and a C compiler; the end-to-end tests start real
# processes and gain nothing from it.
test-race:
	CGO_ENABLED=1 $(GO) test -race -short -timeout 12m . ./internal/...

test-firmware: deps ## test the firmware's core on every platform that the packages have
	scripts/test-firmware

test-web: web/node_modules/.package-lock.json
	cd web && $(NPM) test

e2e: deps build ## run the browser tests against the real binary
	cd web && COOLANT_BIN=$(CURDIR)/$(BIN) $(NPM) run e2e

deps: ## install what the tests need (Chromium, Mosquitto, C compilers), or say what is missing
	@scripts/test-deps

check: web/node_modules/.package-lock.json ## formatting, vet, linters, types
	scripts/check-format
	$(GO) vet ./...
	$(GO) tool -modfile=tools/go.mod golangci-lint run ./...
	cd web && $(NPM) run check

fmt: web/node_modules/.package-lock.json ## format all sources
	$(GO) tool -modfile=tools/go.mod gofumpt -w .
	git ls-files -z 'firmware/*.c' 'firmware/*.h' | xargs -0 clang-format -i
	cd web && $(NPM) run fmt

bench: build ## measure the speed and write docs/benchmarks.md
	$(GO) run ./bench -bin $(BIN) -out docs/benchmarks.json -table docs/benchmarks.md $(ARGS)

fuzz: ## fuzz every decoder for FUZZTIME each
	@scripts/fuzz $(FUZZTIME)

screenshots: build ## take pictures of every page into screenshots/
	cd web && COOLANT_BIN=$(CURDIR)/$(BIN) $(NPM) run screenshots -- $(CURDIR)/screenshots

release: ui ## build the archives of a release for every system into dist/
	$(GO) run ./deploy/release -version "$(VERSION)" -out dist $(ARGS)

image: ## build the container image coolant:local
	docker build --build-arg VERSION="$(VERSION)" --tag coolant:local .

clean: ## remove what the build made
	rm -rf bin build dist web/dist web/node_modules
