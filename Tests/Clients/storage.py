"""What topics keep, and how, seen by confluent-kafka: `storage.py HOST:PORT SCENARIO`. Exits with an error if anything is not as it should be."""

import sys
import time

from confluent_kafka import OFFSET_BEGINNING, TIMESTAMP_LOG_APPEND_TIME, Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic
from confluent_kafka.admin import ResourceType

server, scenario = sys.argv[1:3]
admin = AdminClient({"bootstrap.servers": server})


def create(topic, partitions=1, **config):
    admin.create_topics([NewTopic(topic, partitions, 1, config=config)])[topic].result(60)


def alter(topic, **changes):
    entries = [ConfigEntry(n, v, incremental_operation=AlterConfigOpType.SET) for n, v in changes.items()]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    admin.incremental_alter_configs([resource])[resource].result(30)


def config(topic, name):
    resource = ConfigResource(ResourceType.TOPIC, topic)
    return admin.describe_configs([resource])[resource].result(30)[name]


def produce(topic, records, **settings):
    """The delivered messages."""
    delivered = []

    def report(error, message):
        assert error is None, error
        delivered.append(message)

    producer = Producer({"bootstrap.servers": server, "acks": "all", "partitioner": "consistent_random", **settings})
    for key, value, *rest in records:
        producer.produce(topic, value, key, on_delivery=report, **(rest[0] if rest else {}))
        producer.poll(0)
    assert producer.flush(60) == 0
    return delivered


def consume(topic, partitions=1):
    """All that is there now."""
    consumer = Consumer({"bootstrap.servers": server, "group.id": "none", "enable.partition.eof": True})
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(partitions)])
    messages, ended = [], set()
    while len(ended) < partitions:
        message = consumer.poll(30)
        assert message is not None
        if message.error():
            ended.add(message.partition())
        else:
            messages.append(message)
    consumer.close()
    return messages


def eventually(what, condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def compaction():
    dotted = {"cleanup.policy": "compact", "segment.bytes": "4000", "delete.retention.ms": "0", "min.compaction.lag.ms": "3600000"}
    create("table", **dotted)
    for round in range(30):
        produce("table", [(b"k%d" % key, b"r%d" % round) for key in range(10)])
    produce("table", [(b"k3", None)])
    # The active segment is not compacted: what matters is to be before it.
    for _ in range(3):
        produce("table", [(b"filler", b"x" * 3000)])
    before = len(consume("table"))
    assert before == 304, before
    # A change has the topic looked at at once. With the lag nothing could go; without it only the last values stay.
    alter("table", **{"min.cleanable.dirty.ratio": "0.01"})
    assert len(consume("table")) == before
    alter("table", **{"min.compaction.lag.ms": "0"})
    eventually("it is compacted", lambda: len(consume("table")) < 20)
    values = {message.key(): message.value() for message in consume("table")}
    expected = {b"k%d" % key: b"r29" for key in range(10) if key != 3} | {b"filler": b"x" * 3000}
    assert {key: value for key, value in values.items() if key != b"k3"} == expected, values
    # The tombstone is there until a pass that begins after its time.
    assert values.get(b"k3", None) is None


def append_time():
    create("clock", **{"message.timestamp.type": "LogAppendTime"})
    begin = int(time.time() * 1000)
    delivered = produce("clock", [(None, b"v%d" % n, {"timestamp": 1000}) for n in range(10)], **{"linger.ms": 50})
    assert {m.timestamp()[0] for m in delivered} == {TIMESTAMP_LOG_APPEND_TIME}, [m.timestamp() for m in delivered]
    read = consume("clock")
    assert len(read) == 10
    for message in read:
        kind, milliseconds = message.timestamp()
        assert kind == TIMESTAMP_LOG_APPEND_TIME and begin - 1 <= milliseconds <= time.time() * 1000 + 1, message.timestamp()
    consumer = Consumer({"bootstrap.servers": server, "group.id": "none"})
    [found] = consumer.offsets_for_times([TopicPartition("clock", 0, begin - 1000)], timeout=30)
    assert found.offset == 0, found
    alter("clock", **{"message.timestamp.type": "CreateTime"})
    produce("clock", [(None, b"later", {"timestamp": 1000})])
    assert consume("clock")[-1].timestamp()[1] == 1000
    consumer.close()


def retention():
    """What a topic is emptied with: a short retention for a while."""
    create("log")
    produce("log", [(None, b"v")] * 10)
    consumer = Consumer({"bootstrap.servers": server, "group.id": "none"})
    watermarks = lambda: consumer.get_watermark_offsets(TopicPartition("log", 0), timeout=30)
    assert watermarks() == (0, 10)
    time.sleep(0.01)
    alter("log", **{"retention.ms": "1"})
    eventually("it is empty", lambda: watermarks() == (10, 10))
    alter("log", **{"retention.ms": "-1"})
    assert produce("log", [(None, b"v")])[0].offset() == 10
    assert [m.offset() for m in consume("log")] == [10]
    consumer.close()


def many_partitions():
    count = 1000
    begin = time.monotonic()
    create("many", count)
    made = time.monotonic()
    produce("many", [(None, b"v%d" % n, {"partition": n % count}) for n in range(2 * count)], **{"linger.ms": 5})
    written = time.monotonic()
    read = consume("many", count)
    assert sorted(m.value() for m in read) == sorted(b"v%d" % n for n in range(2 * count))
    print("created in %.1f s, written in %.1f s, read in %.1f s" % (made - begin, written - made, time.monotonic() - written))
    admin.delete_topics(["many"])["many"].result(60)


def before_kill():
    create("kept", 2, **{"cleanup.policy": "compact"})
    alter("kept", **{"retention.ms": "4711", "min.insync.replicas": "2"})
    admin.create_partitions([NewPartitions("kept", 7)])["kept"].result(30)
    create("log")
    produce("log", [(None, b"v")] * 10)
    [low] = [f.result(30).low_watermark for f in admin.delete_records([TopicPartition("log", 0, 6)]).values()]
    assert low == 6
    create("gone")
    admin.delete_topics(["gone"])["gone"].result(30)


def after_kill():
    topics = admin.list_topics(timeout=30).topics
    assert "gone" not in topics and len(topics["kept"].partitions) == 7, topics
    found = {name: config("kept", name).value for name in ["cleanup.policy", "retention.ms", "min.insync.replicas"]}
    assert found == {"cleanup.policy": "compact", "retention.ms": "4711", "min.insync.replicas": "2"}, found
    consumer = Consumer({"bootstrap.servers": server, "group.id": "none"})
    assert consumer.get_watermark_offsets(TopicPartition("log", 0), timeout=30) == (6, 10)
    consumer.close()


{
    "compaction": compaction,
    "append-time": append_time,
    "retention": retention,
    "many-partitions": many_partitions,
    "before-kill": before_kill,
    "after-kill": after_kill,
}[scenario]()
