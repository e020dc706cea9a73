"""Fills the broker's disk, and does on a full one what makes room: `on_a_full_disk.py HOST:PORT STEP`. Exits with an error if anything is not as it should be."""

import os
import sys
import time

from confluent_kafka import OFFSET_END, Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

server, step = sys.argv[1:3]
admin = AdminClient({"bootstrap.servers": server, "log_level": 2})
producer = Producer({"bootstrap.servers": server, "log_level": 2, "retries": 0, "linger.ms": 0})


def produce(topic, size=90_000):
    """The error of one record, or None."""
    outcomes = []
    producer.produce(topic, os.urandom(size), partition=0, callback=lambda error, _: outcomes.append(error))
    assert producer.flush(60) == 0
    return outcomes[0]


def end(topic):
    consumer = Consumer({"bootstrap.servers": server, "group.id": "looker", "enable.auto.commit": False})
    bounds = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=30)
    consumer.close()
    return bounds


def fill():
    small = {"segment.bytes": "500000", "retention.ms": "-1"}
    topics = [NewTopic(name, 1, 1, config=small) for name in ("old", "trimmed", "gone")]
    topics.append(NewTopic("kept", 1, 1, config={"segment.bytes": "100000000", "retention.ms": "-1"}))
    for future in admin.create_topics(topics).values():
        future.result()
    for topic in ("old", "trimmed", "gone"):
        for _ in range(25):
            assert produce(topic) is None
    reader = Consumer({"bootstrap.servers": server, "group.id": "readers", "enable.auto.commit": False})
    reader.commit(offsets=[TopicPartition("gone", 0, 3)], asynchronous=False)
    reader.close()
    while (error := produce("kept")) is None:
        pass
    assert error.code() == KafkaError.KAFKA_STORAGE_ERROR, error


def look():
    """Producers are told to try again, readers read."""
    error = produce("kept")
    assert error is not None and error.code() == KafkaError.KAFKA_STORAGE_ERROR, error
    reader = Consumer({"bootstrap.servers": server, "group.id": "looker", "enable.auto.commit": False})
    reader.assign([TopicPartition("kept", 0, 0)])
    for offset in range(end("kept")[1]):
        message = reader.poll(30)
        assert message is not None and message.error() is None and message.offset() == offset, message
    reader.close()


def delete_records():
    (future,) = admin.delete_records([TopicPartition("trimmed", 0, OFFSET_END)]).values()
    assert future.result().low_watermark == 25
    assert end("trimmed") == (25, 25)


def delete_topic():
    (future,) = admin.delete_topics(["gone"]).values()
    future.result()


def limit():
    change = ConfigEntry("retention.ms", "1", incremental_operation=AlterConfigOpType.SET)
    (future,) = admin.incremental_alter_configs(
        [ConfigResource(ResourceType.TOPIC, "old", incremental_configs=[change])]).values()
    future.result()


def go_on():
    """All goes on, and what was acknowledged is there."""
    for topic in ("old", "kept"):
        start, before = end(topic)
        assert before >= 25 and (start >= 25 if topic == "old" else start == 0), (topic, start, before)
        deadline = time.monotonic() + 60
        while (error := produce(topic, 10)) is not None:
            assert error.code() == KafkaError.KAFKA_STORAGE_ERROR and time.monotonic() < deadline, error
        assert end(topic)[1] == before + 1


{"fill": fill, "look": look, "delete-records": delete_records, "delete-topic": delete_topic, "limit": limit,
 "go-on": go_on}[step]()
