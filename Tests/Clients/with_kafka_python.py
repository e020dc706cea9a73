"""Produces and consumes with kafka-python: codecs, keys, headers, null values, offsets by timestamp. Exits with an error if anything is not as it was sent."""

import sys

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

server = sys.argv[1]
for codec in [None, "gzip", "snappy", "lz4", "zstd"]:
    topic = f"python.{codec or 'none'}"
    producer = KafkaProducer(bootstrap_servers=server, acks="all", compression_type=codec)
    sent = [(b"k%d" % i, None if i % 10 == 9 else b"v%d" % i, [("h", b"x%d" % i)], 1000 + i) for i in range(2000)]
    futures = [producer.send(topic, key=k, value=v, headers=h, timestamp_ms=t) for k, v, h, t in sent]
    producer.flush()
    assert [future.get(30).offset for future in futures] == list(range(2000)), codec
    producer.close()

    consumer = KafkaConsumer(bootstrap_servers=server, consumer_timeout_ms=30_000)
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek_to_beginning()
    read = []
    while len(read) < 2000:
        record = next(consumer)
        read.append((record.key, record.value, record.headers, record.timestamp))
    assert read == sent, codec
    assert consumer.beginning_offsets([partition]) == {partition: 0}
    assert consumer.end_offsets([partition]) == {partition: 2000}
    found = consumer.offsets_for_times({partition: 1500})[partition]
    assert (found.offset, found.timestamp) == (500, 1500), found
    assert consumer.offsets_for_times({partition: 3000})[partition] is None
    # From the middle of a batch.
    consumer.seek(partition, 777)
    assert next(consumer).offset == 777
    consumer.close()
