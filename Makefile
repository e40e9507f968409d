# feedmill: every target is one visible command. `make run` and `make test` need nothing but Go, make and gcc.

GO         ?= go
DATA       ?= ./data
VERSION    ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS    := -s -w -X main.version=$(VERSION)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOFUMPT     := mvdan.cc/gofumpt@v0.12.0
FUZZTIME   ?= 30s
PAGES      ?= ../shared/corpora/extraction
# The race detector needs a C compiler; without one the tests run all the same, and say so.
# SQLite itself, C turned into one Go package, is left out of it: it takes half of the detector's time and shares nothing.
RACE       := $(shell command -v $${CC:-gcc} >/dev/null 2>&1 && echo -race -gcflags=modernc.org/sqlite/lib=-race=false)

RELEASES   := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 freebsd/amd64 freebsd/arm64
SHA256     := $(shell command -v sha256sum >/dev/null 2>&1 && echo sha256sum || echo shasum -a 256)

.PHONY: run build test lint fuzz criteria chaos bench bench-peers quality test-browser release model-blocks model-score model-entities model-languages

run: build ## start everything with the demo; data in $(DATA)
	./bin/feedmill run --demo --data $(DATA)

build: ## one static binary: bin/feedmill
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/feedmill ./cmd/feedmill

# Vet with the flags of the build, so that what the build has compiled serves it too.
test: ## the gate
	@test -n "$(RACE)" || echo "no C compiler: the tests run without the race detector"
	CGO_ENABLED=0 $(GO) vet -trimpath ./...
	$(GO) test $(RACE) -shuffle=on -timeout 20m ./...

lint: ## formatting, vet, staticcheck, tidiness; fetches its tools
	@out=$$($(GO) run $(GOFUMPT) -l .); test -z "$$out" || { echo "gofumpt would change:"; echo "$$out"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	$(GO) mod tidy -diff

fuzz: ## every fuzz target for FUZZTIME
	@for pkg in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			echo "== $$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
		done; \
	done

criteria: ## the rules of a good feed client, one by one against a running daemon; a minute, on a machine that is otherwise quiet
	$(GO) test -tags criteria -count=1 -v -run 'TestCriteria$$' ./internal/daemon

chaos: ## kill -9 and other ills; minutes
	$(GO) test -tags chaos -count=1 -timeout 20m -v -run 'Chaos' ./internal/daemon
	$(GO) test -tags chaos -count=1 -v -run 'RunningMiniflux' ./cmd/feedmill

bench: ## the benchmarks of every package, then an article's whole way; a quarter of an hour
	$(GO) test -run '^$$' -bench . -benchmem ./...
	$(GO) run ./cmd/feedmill bench --large 10000 --idle 20000

bench-peers: ## article extraction and entities beside other readers in Go, on the pages of PAGES; a module of its own
	cd docs/bench && $(GO) run . -pages $(abspath $(PAGES))
	cd docs/bench && $(GO) test -run '^$$' -bench . .

test-browser: ## what is left of the XSS corpus, in a real browser: Chromium must be installed
	$(GO) test -tags browser -count=1 -v -run 'InBrowser' ./parser

quality: ## extraction and enrichment scored on the corpora, where they are
	@pred=$$(mktemp); trap 'rm -f '$$pred EXIT; \
	FEEDMILL_PRED=$$pred $(GO) test -count=1 -v -run 'Corpus|Seed' ./parser ./enricher || exit 1; \
	if [ -s $$pred ] && command -v python3 >/dev/null && [ -f $(PAGES)/score.py ]; then python3 $(PAGES)/score.py $$pred --by-source; \
	else echo "the tables of score.py are left out: they need python3 and the corpus in $(PAGES)"; fi

release: ## static binaries for every system, packed, with checksums, in dist/; RELEASES="linux/arm64" for one
	rm -rf dist && mkdir dist
	@set -e; for target in $(RELEASES); do \
		name=feedmill_$(VERSION)_$$(echo $$target | tr / _); echo "== $$name"; mkdir dist/$$name; \
		CGO_ENABLED=0 GOOS=$${target%/*} GOARCH=$${target#*/} $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o dist/$$name/feedmill ./cmd/feedmill; \
		cp LICENSE NOTICE README.md deploy/feedmill.service dist/$$name/; \
		tar -C dist -czf dist/$$name.tar.gz $$name; rm -r dist/$$name; \
	done
	cd dist && $(SHA256) *.tar.gz >SHA256SUMS

model-blocks: ## trains the block classifier of the parser on the corpus in DATA, cross-validated by host; minutes
	$(GO) run ./internal/train/blocks -data $(abspath $(DATA)) -out parser/blockmodel/blocks.model

model-score: ## fits what the score of a body is estimated from, with models of blocks that have not seen its host; ten minutes
	@models=$$(mktemp -d); trap 'rm -rf '$$models EXIT; \
	$(GO) run ./internal/train/blocks -data $(abspath $(DATA)) -fold-models $$models && \
	$(GO) run ./internal/train/score -data $(abspath $(DATA)) -fold-models $$models -out parser/score.weights

model-entities: ## train the entity models on the corpora in DATA (its folders ner and gazetteer); ten minutes
	$(GO) run ./internal/train/entities -data $(DATA)

model-languages: ## make the model of languages from the n-grams of lingua-go in DATA; a minute
	$(GO) run ./internal/train/language -models $(abspath $(DATA)) -out enricher/data/language.model.gz
