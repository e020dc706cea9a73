"""Administers topics and configs with confluent-kafka and kafka-python: `administration.py HOST:PORT SCENARIO`. Exits with an error if anything is not as it should be."""

import socket
import struct
import sys

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AclBinding, AclOperation, AclPermissionType, AdminClient, AlterConfigOpType, ConfigEntry
from confluent_kafka.admin import ConfigResource, NewPartitions, NewTopic, ResourcePatternType, ResourceType
from kafka.admin import KafkaAdminClient

server, scenario = sys.argv[1:3]
admin = AdminClient({"bootstrap.servers": server})


def each(futures):
    """What each future gives: its result, or the number of its error."""
    results = {}
    for key, future in futures.items():
        try:
            results[key] = future.result(30)
        except KafkaException as error:
            results[key] = (error.args[0].code(), error.args[0].str())
    return results


def alter(topic, *changes, **options):
    entries = [ConfigEntry(name, value, incremental_operation=operation) for operation, name, value in changes]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    return next(iter(each(admin.incremental_alter_configs([resource], **options)).values()))


def config(topic, name):
    return next(iter(each(admin.describe_configs([ConfigResource(ResourceType.TOPIC, topic)])).values()))[name]


def offsets(topic):
    consumer = Consumer({"bootstrap.servers": server, "group.id": "none"})
    try:
        return consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=30)
    finally:
        consumer.close()


def produce(topic, records, **settings):
    """The error of each record, or None."""
    errors = []
    producer = Producer({"bootstrap.servers": server, "linger.ms": 50, "message.max.bytes": 20 << 20, **settings})
    for key, value in records:
        producer.produce(topic, value, key, partition=0, on_delivery=lambda error, _: errors.append(error))
    producer.flush(60)
    return [error and error.code() for error in errors]


def topics():
    made = each(admin.create_topics([NewTopic("a", 3, 3), NewTopic("b"), NewTopic("b d", 1, 1), NewTopic("c", 1, 1, config={"retention.m": "1"})]))
    assert made["a"] is None and made["b"] is None, made
    assert made["b d"][0] == KafkaError.TOPIC_EXCEPTION and "character ' '" in made["b d"][1], made
    assert made["c"][0] == KafkaError.INVALID_CONFIG and "did you mean 'retention.ms'?" in made["c"][1], made
    assert each(admin.create_topics([NewTopic("a", 1, 1)]))["a"][0] == KafkaError.TOPIC_ALREADY_EXISTS
    assert each(admin.create_topics([NewTopic("d", 1, 1)], validate_only=True))["d"] is None
    assert "d" not in admin.list_topics(timeout=30).topics
    grown = each(admin.create_partitions([NewPartitions("a", 5), NewPartitions("b", 1), NewPartitions("zz", 2)]))
    assert grown["a"] is None, grown
    assert (grown["b"][0], grown["zz"][0]) == (KafkaError.INVALID_PARTITIONS, KafkaError.UNKNOWN_TOPIC_OR_PART), grown
    found = admin.list_topics(timeout=30).topics["a"]
    assert {n: (p.leader, p.replicas, p.isrs) for n, p in found.partitions.items()} == {n: (1, [1], [1]) for n in range(5)}
    assert produce("a", [(None, "v")] * 10) == [None] * 10
    partition = TopicPartition("a", 0, 4)
    assert next(iter(each(admin.delete_records([partition])).values())).low_watermark == 4
    assert offsets("a") == (4, 10)
    deleted = each(admin.delete_topics(["a", "zz"]))
    assert deleted["a"] is None and deleted["zz"][0] == KafkaError.UNKNOWN_TOPIC_OR_PART, deleted
    assert "a" not in admin.list_topics(timeout=30).topics


def configs():
    each(admin.create_topics([NewTopic("t", 1, 1)]))
    set_to, append, delete = AlterConfigOpType.SET, AlterConfigOpType.APPEND, AlterConfigOpType.DELETE
    assert alter("t", (append, "cleanup.policy", "compact"), (set_to, "retention.ms", "1000")) is None
    assert (config("t", "cleanup.policy").value, config("t", "retention.ms").value) == ("compact,delete", "1000")
    # All of a resource's changes or none.
    refused = alter("t", (set_to, "retention.ms", "5"), (set_to, "segment.bytes", "x"))
    assert refused[0] == KafkaError.INVALID_CONFIG and "segment.bytes=x" in refused[1], refused
    assert config("t", "retention.ms").value == "1000"
    assert alter("t", (set_to, "retention.ms", "7"), validate_only=True) is None
    assert config("t", "retention.ms").value == "1000"
    assert alter("t", (delete, "retention.ms", None)) is None
    assert (config("t", "retention.ms").value, config("t", "retention.ms").is_default) == ("604800000", True)
    assert alter("zz", (set_to, "retention.ms", "1"))[0] == KafkaError.UNKNOWN_TOPIC_OR_PART
    # The old way, which takes away all that it does not set.
    old = ConfigResource(ResourceType.TOPIC, "t", set_config={"max.message.bytes": "2000"})
    assert each(admin.alter_configs([old]))[old] is None
    assert (config("t", "cleanup.policy").value, config("t", "max.message.bytes").value) == ("delete", "2000")
    # What is open obeys at once.
    assert produce("t", [(None, "x" * 3000)]) == [KafkaError.MSG_SIZE_TOO_LARGE]
    assert alter("t", (set_to, "max.message.bytes", "4000"), (set_to, "segment.bytes", "3500")) is None
    assert produce("t", [(None, "x" * 3000)]) == [None]
    assert produce("t", [(None, "x" * 3600)])[0] is not None
    # A record without a key in a topic that is compacted, among others with one; the errors tell which it was.
    assert alter("t", (set_to, "cleanup.policy", "compact")) is None
    errors = produce("t", [("k", "v"), (None, "v")], **{"batch.num.messages": 2})
    assert KafkaError.INVALID_RECORD in errors, errors


def ask(connection, key, version, body):
    request = struct.pack(">hhih", key, version, 7, 3) + b"raw" + body
    connection.sendall(struct.pack(">i", len(request)) + request)


def answer(connection):
    (length,) = struct.unpack(">i", connection.recv(4, socket.MSG_WAITALL))
    return connection.recv(length, socket.MSG_WAITALL)[4:]


def deleted_under_clients():
    """Who waits for records of a topic that is deleted is told at once, and so is who produces to it."""
    each(admin.create_topics([NewTopic("t", 1, 1)]))
    host, port = server.rsplit(":", 1)
    connection = socket.create_connection((host, int(port)), 60)
    one, topic = struct.pack(">i", 1), struct.pack(">h", 1) + b"t"
    wait = struct.pack(">iiiib", -1, 60_000, 1, 1 << 20, 0)
    ask(connection, 1, 4, wait + one + topic + one + struct.pack(">iqi", 0, 0, 1 << 20))
    connection.settimeout(0.5)
    try:
        answer(connection)
        raise AssertionError("the fetch does not wait")
    except TimeoutError:
        connection.settimeout(30)
    each(admin.delete_topics(["t"]))
    # The time for which it is throttled, one topic of one letter, one partition, its number, its error.
    assert struct.unpack(">h", answer(connection)[19:21]) == (KafkaError.UNKNOWN_TOPIC_OR_PART,)
    ask(connection, 0, 3, struct.pack(">hhi", -1, 1, 1000) + one + topic + one + struct.pack(">ii", 0, -1))
    assert struct.unpack(">h", answer(connection)[15:17]) == (KafkaError.UNKNOWN_TOPIC_OR_PART,)


def cluster():
    rule = AclBinding(ResourceType.TOPIC, "t", ResourcePatternType.LITERAL, "User:a", "*", AclOperation.READ, AclPermissionType.ALLOW)
    assert each(admin.create_acls([rule]))[rule][0] == KafkaError.SECURITY_DISABLED
    assert len(admin.describe_cluster().result(30).nodes) == 1
    python = KafkaAdminClient(bootstrap_servers=server)
    python.create_topics({"p": {"num_partitions": 3, "replication_factor": 1}})
    [directory] = [d for d in python.describe_log_dirs()]
    assert "'p'" in str(directory), directory
    first = python.describe_topic_partitions(["p"], response_partition_limit=2)
    assert [p["partition_index"] for p in first["topics"][0]["partitions"]] == [0, 1], first
    rest = python.describe_topic_partitions(["p"], cursor=first["next_cursor"])
    assert [p["partition_index"] for p in rest["topics"][0]["partitions"]] == [2], rest
    assert rest["next_cursor"] is None
    assert python.describe_metadata_quorum()["topics"][0]["partitions"][0]["leader_id"] == 1
    assert python.list_partition_reassignments() == {}
    assert python.describe_user_scram_credentials() == {}
    resources = python.list_config_resources()
    assert "p" in str(resources), resources
    python.delete_topics(["p"])
    python.close()


{"topics": topics, "configs": configs, "deletion": deleted_under_clients, "cluster": cluster}[scenario]()
