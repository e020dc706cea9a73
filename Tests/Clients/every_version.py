"""Asks a broker each API in each version that it names, and reads the answers with the schemas of kafka-python, which are Apache Kafka's own: `every_version.py HOST:PORT`.

What is read of an answer is written again and has to be the same bytes, so that nothing in it is missing, surplus or of another type. Requests have one element
in each array, of a topic, a group and a transactional id that there are. Prints how many versions of how many APIs were answered.
"""

import importlib
import pkgutil
import socket
import struct
import sys
import time
import uuid

import kafka.protocol
from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.protocol.api_message import ApiMessage
from kafka.record.default_records import DefaultRecordBatchBuilder

host, port = sys.argv[1].rsplit(":", 1)
TOPIC = "versions"

# Something to tell of: records, a group with a position, a transaction.
producer = KafkaProducer(bootstrap_servers=sys.argv[1], transactional_id="id")
producer.init_transactions()
producer.begin_transaction()
producer.send(TOPIC, b"value", key=b"key", partition=0)
producer.commit_transaction()
producer.close()
consumer = KafkaConsumer(bootstrap_servers=sys.argv[1], group_id="group")
consumer.assign([TopicPartition(TOPIC, 0)])
consumer.commit({TopicPartition(TOPIC, 0): OffsetAndMetadata(1, "metadata", -1)})
consumer.close(autocommit=False)

for module in pkgutil.walk_packages(kafka.protocol.__path__, "kafka.protocol."):
    if ".schemas" not in module.name and ".old" not in module.name:
        importlib.import_module(module.name)
messages = {(message.API_KEY, message.type): message for message in ApiMessage.__subclasses__() if message._class_version is None}

connection = socket.create_connection((host, int(port)))
connection.settimeout(60)


def receive(count):
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        assert piece, "the connection was closed"
        data += piece
    return data


def ask(request):
    key, version = request.API_KEY, request.API_VERSION
    request.with_header(correlation_id=key * 100 + version, client_id="every-version")
    connection.sendall(request.encode(framed=True, header=True))
    if not request.expect_response():
        return None
    frame = receive(struct.unpack(">i", receive(4))[0])
    answers = messages[key, "response"]
    answer = answers.decode(frame, version=version, header=True)
    assert answer.header.correlation_id == key * 100 + version
    again = answer.encode(header=True, framed=False)
    assert again == frame, f"{request}\n{answer}\n{frame.hex()}\n{again.hex()}"
    return answer


def batch():
    builder = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, 1 << 20)
    builder.append(0, timestamp=int(time.time()) * 1000, key=b"key", value=b"value", headers=[])
    return bytes(builder.build())


# By field, of any API; and by API and field.
VALUES = {
    "topic": TOPIC, "topic_name": TOPIC, "resource_name": TOPIC, "group_id": "group", "transactional_id": "id", "v3_and_below_transactional_id": "id",
    "protocol_type": "consumer", "groups_names": ["group"], "acks": -1, "timeout_ms": 1000, "max_wait_ms": 10, "max_bytes": 1 << 20, "partition_max_bytes": 1 << 20,
    "session_timeout_ms": 6000, "rebalance_timeout_ms": 6000, "resource_type": 2, "current_leader_epoch": -1, "leader_epoch": -1,
    "client_software_name": "every", "client_software_version": "1", "isolation_level": 1, "replica_id": -1, "committed_metadata": "metadata",
    "generation_id": -1, "generation_id_or_member_epoch": -1, "transaction_timeout_ms": 10_000, "num_partitions": 1, "replication_factor": 1, "coordinator_keys": ["group"],
    "key": "group", "partitions": [0], "partition_indexes": [0], "group_instance_id": None, "member_id": "",
    "response_partition_limit": 10, "include_synonyms": True, "include_documentation": True, "configuration_keys": None, "producer_id": -1, "producer_epoch": -1,
}  # fmt: skip
OF_APIS = {
    ("ListOffsets", "timestamp"): -1, ("CreateTopics", "assignments"): [], ("CreateTopics", "configs"): [],
    ("DeleteRecords", "offset"): 0, ("DeleteTopics", "topic_id"): uuid.UUID(int=0),
    ("CreatePartitions", "assignments"): None, ("IncrementalAlterConfigs", "name"): "retention.ms", ("IncrementalAlterConfigs", "value"): "3600000",
    ("AlterConfigs", "name"): "retention.ms", ("AlterConfigs", "value"): "3600000", ("DescribeGroups", "groups"): ["group"],
    ("DeleteGroups", "groups_names"): ["no group"], ("DescribeTransactions", "transactional_ids"): ["id"], ("JoinGroup", "name"): "range",
    ("OffsetCommit", "committed_offset"): 1, ("EndTxn", "committed"): True, ("DescribeTopicPartitions", "cursor"): None, ("FindCoordinator", "key_type"): 0,
    ("Fetch", "forgotten_topics_data"): [], ("Fetch", "session_epoch"): -1, ("OffsetForLeaderEpoch", "leader_epoch"): 0,
    ("ListConfigResources", "resource_types"): [2, 4], ("DescribeQuorum", "topic_name"): "__cluster_metadata", ("InitProducerId", "transactional_id"): None,
    ("Produce", "transactional_id"): None, ("ListTransactions", "state_filters"): [], ("ListTransactions", "producer_id_filters"): [],
    ("ListTransactions", "transactional_id_pattern"): None, ("ListTransactions", "duration_filter"): -1, ("ListGroups", "states_filter"): [],
    ("ListGroups", "types_filter"): [], ("DescribeUserScramCredentials", "users"): None, ("ElectLeaders", "topic_partitions"): None,
}  # fmt: skip


def value(api, field, version):
    if (api, field.name) in OF_APIS:
        return OF_APIS[api, field.name]
    if field.name == "topic_id":
        return topic_id
    producing = field.name.removeprefix("v3_and_below_")
    if producing in ("producer_id", "producer_epoch") and api in ("AddPartitionsToTxn", "AddOffsetsToTxn", "TxnOffsetCommit", "EndTxn"):
        return getattr(transactional, producing)
    # Those that are made are deleted.
    if api == "CreateTopics" and field.name == "name":
        return f"made.{version}"
    if api == "DeleteTopics" and field.name in ("name", "topic_names"):
        return f"made.{version + 1}" if field.name == "name" else [f"made.{version + 1}"]
    # Nobody waits for the members of the version before.
    if api == "JoinGroup" and field.name == "group_id":
        return f"joined.{version}"
    if api == "CreatePartitions" and field.name == "count":
        return version + 2
    if field.name == "records":
        return batch()
    if field.is_struct_array():
        return [structure(api, field.data_class, field, version)]
    if field.is_struct():
        return structure(api, field.data_class, field, version)
    if field.name == "name" and api in ("Metadata", "OffsetCommit", "OffsetFetch", "Produce", "ListOffsets", "TxnOffsetCommit", "CreatePartitions", "DeleteRecords", "DescribeProducers", "OffsetDelete", "DescribeTopicPartitions", "AddPartitionsToTxn"):
        return TOPIC
    if field.name == "topics" and field.type_str == "string":
        return [TOPIC]
    return VALUES.get(field.name, field.default)


def structure(api, container, schema, version):
    fields = {field.name: value(api, field, version) for field in schema.fields.values() if field.for_version_q(version) and field._tag is None}
    return container(version=version, **fields)


served = ask(messages[18, "request"](version=0)).api_keys
topic_id = ask(messages[3, "request"](version=12, topics=[messages[3, "request"].MetadataRequestTopic(version=12, name=TOPIC)])).topics[0].topic_id
transactional = ask(messages[22, "request"](version=4, transactional_id="id", transaction_timeout_ms=10_000))
versions = 0
for api in served:
    request, answer = messages.get((api.api_key, "request")), messages.get((api.api_key, "response"))
    assert request and answer, f"kafka-python has no API {api.api_key}"
    name = request.name.removesuffix("Request")
    # Produce 0 to 2 are named and not served (KAFKA-18659).
    for version in range(3 if api.api_key == 0 else api.min_version, min(api.max_version, request.max_version) + 1):
        try:
            found = ask(structure(name, request, request._struct, version))
        except Exception as error:
            raise AssertionError(f"{name} {version}") from error
        if "-v" in sys.argv:
            print(found)
        versions += 1
    if api.max_version > request.max_version:
        print(f"{name}: no schema beyond {request.max_version}")
print(f"{versions} versions of {len(served)} APIs")
