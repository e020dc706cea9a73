"""Scenarios with kafka-python: `with_kafka_python.py HOST:PORT SCENARIO`. Ends with an error if anything is not as it was sent."""

import sys
import time

from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.errors import InvalidProducerEpochError, KafkaError, ProducerFencedError

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


def read_to_end(partition, isolation):
    """Everything that a reader of that kind sees, up to where the partition ends for it."""
    consumer = KafkaConsumer(bootstrap_servers=server, isolation_level=isolation)
    consumer.assign([partition])
    consumer.seek_to_beginning()
    end = consumer.end_offsets([partition])[partition]
    values = []
    while consumer.position(partition) < end:
        for records in consumer.poll(timeout_ms=1000).values():
            values += [record.value for record in records]
    consumer.close()
    return values


def transactions():
    """Committed, aborted and fenced ones, and what readers of both kinds see of them."""
    partition = TopicPartition("python.transactions", 0)

    def producer():
        made = KafkaProducer(bootstrap_servers=server, transactional_id="python")
        made.init_transactions()
        return made

    def send(producer, *values):
        for value in values:
            producer.send(partition.topic, value, partition=0).get(LIMIT)

    first = producer()
    first.begin_transaction()
    send(first, b"1", b"2")
    first.commit_transaction()
    first.begin_transaction()
    send(first, b"no")
    first.abort_transaction()
    first.begin_transaction()
    send(first, b"zombie")
    second = producer()
    try:
        first.commit_transaction()
        raise AssertionError("a fenced producer has committed")
    except KafkaError as error:
        assert isinstance(error, (ProducerFencedError, InvalidProducerEpochError)), error
    first.close(timeout=0)
    second.begin_transaction()
    send(second, b"3")
    second.commit_transaction()
    second.close()
    assert read_to_end(partition, "read_committed") == [b"1", b"2", b"3"]
    assert read_to_end(partition, "read_uncommitted") == [b"1", b"2", b"no", b"zombie", b"3"]


def exactly_once():
    """Numbers are read, doubled and written with their positions in one transaction; every third transaction is aborted."""
    source, target = TopicPartition("python.numbers", 0), TopicPartition("python.doubled", 0)
    producer = KafkaProducer(bootstrap_servers=server)
    for number in range(500):
        producer.send(source.topic, b"%d" % number, partition=0)
    producer.close()
    producer = KafkaProducer(bootstrap_servers=server, transactional_id="python.doubler")
    producer.init_transactions()
    consumer = KafkaConsumer(
        source.topic, bootstrap_servers=server, group_id="python.doubler", enable_auto_commit=False, auto_offset_reset="earliest", max_poll_records=20
    )
    done = turn = 0
    while done < 500:
        records = [record for batch in consumer.poll(timeout_ms=1000).values() for record in batch]
        if not records:
            continue
        turn += 1
        assert records[0].offset == done
        producer.begin_transaction()
        for record in records:
            producer.send(target.topic, b"%d" % (2 * int(record.value)), partition=0)
        position = OffsetAndMetadata(records[-1].offset + 1, "", -1)
        producer.send_offsets_to_transaction({source: position}, consumer.group_metadata())
        if turn % 3 == 0:
            producer.abort_transaction()
            consumer.seek(source, done)
        else:
            producer.commit_transaction()
            done = records[-1].offset + 1
            assert consumer.committed(source) == done
    consumer.close()
    producer.close()
    assert read_to_end(target, "read_committed") == [b"%d" % (2 * number) for number in range(500)]


SCENARIOS = {scenario.__name__: scenario for scenario in [codecs, times, large, transactions, exactly_once]}

SCENARIOS[sys.argv[2]]()
