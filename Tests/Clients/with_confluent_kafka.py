"""Scenarios with confluent-kafka (librdkafka): `with_confluent_kafka.py HOST:PORT SCENARIO`. Ends with an error if anything is not as it was sent."""

import sys
import time

from confluent_kafka import OFFSET_BEGINNING, TIMESTAMP_CREATE_TIME, Consumer, Producer, TopicPartition

server = sys.argv[1]
LIMIT = 120
# The times of records begin an hour ago: older ones are what retention looks for.
START = int(time.time()) * 1000 - 3_600_000


def consumer(**settings):
    return Consumer({"bootstrap.servers": server, "group.id": "none", "enable.auto.commit": False, **settings})


def read_all(topic, count, **settings):
    reader = consumer(**settings)
    reader.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    read = []
    while len(read) < count:
        record = reader.poll(LIMIT)
        assert record is not None, f"{topic}: {len(read)} of {count}"
        assert record.error() is None, record.error()
        read.append(record)
    reader.close()
    return read


def codecs():
    """Every codec, idempotent and not: keys, headers, null values and times come back as they were sent."""
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"]:
        for idempotent in [False, True]:
            topic = f"confluent.{codec}.{idempotent}"
            sent = [(b"k%d" % i, None if i % 10 == 9 else b"v%d" % i, [("h", b"x%d" % i), ("none", None)], START + i) for i in range(2000)]
            offsets = []
            producer = Producer(
                {"bootstrap.servers": server, "compression.type": codec, "enable.idempotence": idempotent, "acks": "all", "linger.ms": 5}
            )
            for key, value, headers, at in sent:
                producer.produce(
                    topic, value, key, 0, timestamp=at, headers=headers, on_delivery=lambda error, record: offsets.append(error or record.offset())
                )
            assert producer.flush(LIMIT) == 0
            assert offsets == list(range(2000)), topic
            read = read_all(topic, 2000)
            assert [(r.key(), r.value(), r.headers(), r.timestamp()) for r in read] == [
                (key, value, headers, (TIMESTAMP_CREATE_TIME, at)) for key, value, headers, at in sent
            ], topic


def times():
    """Offsets by time, both ends, and reading from the middle of a batch."""
    topic = "confluent.times"
    producer = Producer({"bootstrap.servers": server})
    for i in range(1000):
        producer.produce(topic, b"v%d" % i, partition=0, timestamp=START + i * 10)
    assert producer.flush(LIMIT) == 0
    reader = consumer()
    (found,) = reader.offsets_for_times([TopicPartition(topic, 0, START + 2995)], LIMIT)
    assert (found.offset, found.error) == (300, None), found
    (found,) = reader.offsets_for_times([TopicPartition(topic, 0, START + 1_000_000)], LIMIT)
    assert found.offset == -1, found
    assert reader.get_watermark_offsets(TopicPartition(topic, 0), LIMIT) == (0, 1000)
    reader.assign([TopicPartition(topic, 0, 777)])
    assert reader.poll(LIMIT).value() == b"v777"
    reader.close()


def large():
    """Messages of 10 MB, larger than what the consumer asks for at a time."""
    topic = "confluent.large"
    values = [bytes([letter]) * 10_000_000 for letter in b"abc"]
    producer = Producer({"bootstrap.servers": server, "message.max.bytes": 12_000_000})
    for value in values:
        producer.produce(topic, value, partition=0)
    assert producer.flush(LIMIT) == 0
    assert [record.value() for record in read_all(topic, 3)] == values


def exactly_once():
    """Numbers are read, doubled and written with their positions in one transaction; every third transaction is aborted."""
    source, target = "confluent.numbers", "confluent.doubled"
    producer = Producer({"bootstrap.servers": server})
    for number in range(500):
        producer.produce(source, b"%d" % number, partition=0)
    assert producer.flush(LIMIT) == 0
    producer = Producer({"bootstrap.servers": server, "transactional.id": "confluent.doubler", "linger.ms": 1})
    producer.init_transactions(LIMIT)
    reader = consumer(**{"group.id": "confluent.doubler", "auto.offset.reset": "earliest", "isolation.level": "read_committed"})
    reader.subscribe([source])
    done = turn = 0
    while done < 500:
        records = reader.consume(20, 1)
        if not records:
            continue
        turn += 1
        assert records[0].offset() == done, (records[0].offset(), records[0].error())
        producer.begin_transaction()
        for record in records:
            producer.produce(target, b"%d" % (2 * int(record.value())), partition=0)
        position = TopicPartition(source, 0, records[-1].offset() + 1)
        producer.send_offsets_to_transaction([position], reader.consumer_group_metadata(), LIMIT)
        if turn % 3 == 0:
            producer.abort_transaction(LIMIT)
            reader.seek(TopicPartition(source, 0, done))
        else:
            producer.commit_transaction(LIMIT)
            done = position.offset
            assert reader.committed([TopicPartition(source, 0)], LIMIT)[0].offset == done
    reader.close()
    read = read_all(target, 500, **{"isolation.level": "read_committed"})
    assert [record.value() for record in read] == [b"%d" % (2 * number) for number in range(500)]


SCENARIOS = {scenario.__name__: scenario for scenario in [codecs, times, large, exactly_once]}

SCENARIOS[sys.argv[2]]()
