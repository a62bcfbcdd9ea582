# Needs Node 20 or newer and npm. Everything runs on the Node of devDependencies (26), test-min on the oldest supported
# line; that one lives apart because two packages that both bring a `node` command fight over node_modules/.bin.
NODE_MIN := 22.23.3

ready := node_modules/.ready
node_min := node_modules/.node-min/node_modules/.bin/node

counts = $(if $(count),--count=$(count)) $(if $(seed),--seed=$(seed))

.PHONY: help setup check fmt build test test-min fuzz bench peers ci clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16

setup: $(ready) build ## Install everything, build, and make `npx patterns` work

$(ready): package-lock.json
	npm ci
	@touch $@

check: $(ready) ## Formatting, type-aware lint with the import direction, types
	@npm run -s check

fmt: $(ready) ## Format everything
	@npm run -s fmt

build: $(ready) ## Write dist/ and link the command
	@npm run -s build
	@ln -sf ../../dist/cli/main.js node_modules/.bin/patterns

test: $(ready) ## Run the tests on Node 26; some of them: make test files="src/net test/x.test.ts"
	@npm test -s -- $(files)

test-min: $(ready) $(node_min) ## The same on Node 22
	@$(node_min) test/run.ts $(files)

fuzz: $(ready) ## Feed every decoder with mutated input, HTTP's beside node:http: make fuzz count=10000 seed=1
	@node_modules/.bin/node --conditions=patterns-source test/http/fuzz.ts $(counts)
	@node_modules/.bin/node --conditions=patterns-source test/protocols/fuzz.ts $(counts)

$(node_min): $(ready)
	@mkdir -p node_modules/.node-min
	@echo '{"dependencies":{"node":"$(NODE_MIN)"},"allowScripts":{"node":true}}' >node_modules/.node-min/package.json
	npm install --prefix node_modules/.node-min
	@touch -c $@

bench: $(ready) ## A quick benchmark of every mode on this machine
	@npm run -s bench

# With npm on Node 22: it skips an optional package for another Node, and uWebSockets.js has a binary for each. Not
# `npm ci`: that package lists binaries for platforms that were never published, and ci refuses a lockfile without them.
peers: $(node_min) ## Install the servers that the suites http and websocket compare with (about 320 MB)
	cd bench/peers && PATH="$(abspath $(dir $(node_min))):$$PATH" npm install --no-save --ignore-scripts

ci: ## What a push must pass
	@.ci/run

clean: ## Remove what was built and measured
	rm -rf dist .tap results bench/results patterns-results
