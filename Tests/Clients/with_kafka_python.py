"""Scenarios with kafka-python: `with_kafka_python.py HOST:PORT SCENARIO`. Ends with an error if anything is not as it was sent."""

import sys
import time

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

server = sys.argv[1]
LIMIT = 120
# The times of records begin an hour ago: older ones are what retention looks for.
START = int(time.time()) * 1000 - 3_600_000


def reader(partition):
    consumer = KafkaConsumer(bootstrap_servers=server, consumer_timeout_ms=LIMIT * 1000)
    consumer.assign([partition])
    consumer.seek_to_beginning()
    return consumer


def codecs():
    """Every codec, idempotent and not: keys, headers, null values and times come back as they were sent."""
    for codec in [None, "gzip", "snappy", "lz4", "zstd"]:
        for idempotent in [False, True]:
            topic = f"python.{codec or 'none'}.{idempotent}"
            producer = KafkaProducer(bootstrap_servers=server, acks="all", compression_type=codec, enable_idempotence=idempotent)
            sent = [(b"k%d" % i, None if i % 10 == 9 else b"v%d" % i, [("h", b"x%d" % i)], START + i) for i in range(2000)]
            futures = [producer.send(topic, key=k, value=v, headers=h, timestamp_ms=t, partition=0) for k, v, h, t in sent]
            producer.flush()
            assert [future.get(LIMIT).offset for future in futures] == list(range(2000)), topic
            producer.close()
            consumer = reader(TopicPartition(topic, 0))
            read = [next(consumer) for _ in range(2000)]
            assert [(r.key, r.value, r.headers, r.timestamp) for r in read] == sent, topic
            consumer.close()


def times():
    """Offsets by time, both ends, and reading from the middle of a batch."""
    partition = TopicPartition("python.times", 0)
    producer = KafkaProducer(bootstrap_servers=server)
    for i in range(1000):
        producer.send(partition.topic, b"v%d" % i, timestamp_ms=START + i * 10, partition=0)
    producer.close()
    consumer = reader(partition)
    found = consumer.offsets_for_times({partition: START + 2995})[partition]
    assert (found.offset, found.timestamp) == (300, START + 3000), found
    assert consumer.offsets_for_times({partition: START + 1_000_000})[partition] is None
    assert consumer.beginning_offsets([partition]) == {partition: 0}
    assert consumer.end_offsets([partition]) == {partition: 1000}
    consumer.seek(partition, 777)
    assert next(consumer).value == b"v777"
    consumer.close()


def large():
    """Messages of 10 MB, larger than what the consumer asks for at a time."""
    partition = TopicPartition("python.large", 0)
    values = [bytes([letter]) * 10_000_000 for letter in b"abc"]
    producer = KafkaProducer(bootstrap_servers=server, max_request_size=12_000_000)
    for value in values:
        producer.send(partition.topic, value, partition=0).get(LIMIT)
    producer.close()
    consumer = reader(partition)
    assert [next(consumer).value for _ in values] == values
    consumer.close()


SCENARIOS = {scenario.__name__: scenario for scenario in [codecs, times, large]}

SCENARIOS[sys.argv[2]]()
