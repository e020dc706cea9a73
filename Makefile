# The two commands of the README are `make run` and `make test`; the others are their parts.

BUILD_PACKAGES := libdeflate-dev libzstd-dev liblz4-dev libsnappy-dev librdkafka-dev
TEST_PACKAGES  := kcat nginx apache2-bin wrk logrotate python3-venv openjdk-17-jdk-headless
BENCH_PACKAGES := kcat redis-server nats-server rabbitmq-server python3-venv
PYTHON         := .venv/bin/python
PYTHON_READY   := .venv/.installed
JAVA_CLIENT    := .venv/java/kafka-clients-4.3.0.jar
SOURCES        := Package.swift Sources Tests Examples

.PHONY: deps test-deps build run test golden lint format bench soak

deps:
	@.ci/install-packages $(BUILD_PACKAGES)

test-deps: deps $(PYTHON_READY) $(JAVA_CLIENT)
	@.ci/install-packages $(TEST_PACKAGES)
	@.ci/unpack-packages .build/unpacked/rsyslog rsyslog rsyslog-kafka
	@.ci/unpack-packages .build/unpacked/syslog-ng syslog-ng-core syslog-ng-mod-rdkafka

# Touched once all requirements are in: make looks through the link that the interpreter is.
$(PYTHON_READY): Tests/requirements.txt
	@.ci/install-packages python3-venv
	python3 -m venv .venv
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --requirement Tests/requirements.txt
	@touch $@

$(JAVA_CLIENT): Tests/Clients/java/requirements.txt Tests/Clients/java/fetch.py | $(PYTHON_READY)
	$(PYTHON) Tests/Clients/java/fetch.py $(@D)

build: deps
	swift build -c release --product sluice

run: build
	.build/release/sluice demo

test: test-deps
	swift build --build-tests
	SLUICE_TEST_PYTHON=$(CURDIR)/$(PYTHON) swift test --skip-build --no-parallel

# Captures the requests of Tests/KafkaProtocolTests/Golden anew, from the clients.
golden: test-deps
	swift build --product sluice
	$(PYTHON) Tests/Clients/capture_golden.py .build/debug/sluice

lint:
	swift format lint --strict --parallel --recursive $(SOURCES)

format:
	swift format --in-place --parallel --recursive $(SOURCES)

bench: deps
	swift build -c release --product sluice
	swift build -c release --product sluice-bench
	.build/release/sluice-bench
	@.ci/install-packages $(BENCH_PACKAGES)
	python3 -m venv .build/bench-venv
	.build/bench-venv/bin/pip install --quiet --disable-pip-version-check --requirement Tests/Benchmarks/requirements.txt
	.build/bench-venv/bin/python Tests/Benchmarks/messaging.py .build/release/sluice

# New seeds for the disks that fail, for so many minutes a suite: docs/durability.md.
soak: deps
	swift build --build-tests
	SLUICE_SOAK_MINUTES=$${SLUICE_SOAK_MINUTES:-10} swift test --skip-build --no-parallel --filter 'DiskFaultTests|BrokerFaultTests'
