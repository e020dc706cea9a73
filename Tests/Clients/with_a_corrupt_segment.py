"""Fetches at a damaged batch are told so, and everything else is served.

    with_a_corrupt_segment.py SERVER write    ten batches of one record in `broken`, ten in `sound`
    with_a_corrupt_segment.py SERVER read     the fifth of `broken` is damaged
"""

import sys

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import CorruptRecordError, KafkaError

server, step = sys.argv[1:3]
values = [b"record %d" % number for number in range(10)]


def read(topic, start, count):
    consumer = KafkaConsumer(bootstrap_servers=server, enable_auto_commit=False, group_id=None)
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek(partition, start)
    found = []
    try:
        for _ in range(60):
            for records in consumer.poll(500).values():
                found += [record.value for record in records]
            if len(found) >= count:
                return found, None
    except KafkaError as error:
        return found, error
    finally:
        consumer.close()
    return found, None


if step == "write":
    producer = KafkaProducer(bootstrap_servers=server, acks="all")
    for topic in ["broken", "sound"]:
        for value in values:
            producer.send(topic, value, partition=0).get(30)
    producer.close()
else:
    assert read("sound", 0, 10) == (values, None), "the other partitions serve"
    assert read("broken", 0, 4) == (values[:4], None), "what lies before it"
    assert read("broken", 5, 5) == (values[5:], None), "what lies behind it"
    found, error = read("broken", 4, 1)
    assert not found and isinstance(error, CorruptRecordError), (found, error)
    producer = KafkaProducer(bootstrap_servers=server, acks="all")
    assert producer.send("broken", b"on", partition=0).get(30).offset == 10
    producer.close()
