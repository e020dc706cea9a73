"""Writes to and reads from every partition of a topic with many. Arguments: address, partitions, round. Round 1 makes the topic; round N reads what the rounds
before have written, writes its own records, and reads all of them."""

import sys

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

server, count, this_round = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
topic = "many"
partitions = [TopicPartition(topic, number) for number in range(count)]


def read_all(rounds):
    consumer = KafkaConsumer(bootstrap_servers=server, consumer_timeout_ms=60_000, fetch_max_wait_ms=100)
    consumer.assign(partitions)
    consumer.seek_to_beginning()
    read = {partition: [] for partition in partitions}
    for _ in range(count * rounds * 3):
        record = next(consumer)
        read[TopicPartition(topic, record.partition)].append((record.offset, record.value))
    consumer.close()
    for partition, records in read.items():
        due = [b"%d-%d-%d" % (partition.partition, r, i) for r in range(1, rounds + 1) for i in range(3)]
        assert records == list(enumerate(due)), (partition, records)


if this_round == 1:
    admin = KafkaAdminClient(bootstrap_servers=server, request_timeout_ms=120_000)
    admin.create_topics([NewTopic(topic, count, 1)], timeout_ms=120_000)
    admin.close()
else:
    read_all(this_round - 1)
producer = KafkaProducer(bootstrap_servers=server, acks="all", linger_ms=20, request_timeout_ms=60_000)
futures = [
    producer.send(topic, value=b"%d-%d-%d" % (partition.partition, this_round, i), partition=partition.partition)
    for i in range(3)
    for partition in partitions
]
for future in futures:
    future.get(60)
producer.close()
read_all(this_round)
