"""What confluent-kafka's admin client sees of groups, and what a simple consumer keeps in one."""

import sys

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

server = sys.argv[1]
admin = AdminClient({"bootstrap.servers": server})
admin.create_topics([NewTopic("read", 2), NewTopic("other", 1)])["read"].result()
producer = Producer({"bootstrap.servers": server})
for number in range(20):
    producer.produce("read", b"%d" % number, partition=number % 2)
producer.flush()


def positions(group, **options):
    wanted = [ConsumerGroupTopicPartitions(group)]
    found = admin.list_consumer_group_offsets(wanted, **options)[group].result().topic_partitions
    return {(each.topic, each.partition): (each.offset, each.metadata, each.leader_epoch) for each in found}


def error(call):
    try:
        call()
    except KafkaException as failure:
        return failure.args[0].name()
    return None


# A consumer that assigns its partitions itself: positions with metadata and leader epoch.
simple = Consumer({"bootstrap.servers": server, "group.id": "simple", "enable.auto.commit": False})
kept = simple.commit(
    offsets=[TopicPartition("read", 0, 7, "seen é", 0), TopicPartition("read", 1, 3)], asynchronous=False
)
assert all(each.error is None for each in kept), kept
assert positions("simple") == {("read", 0): (7, "seen é", 0), ("read", 1): (3, None, None)}, positions("simple")
assert positions("simple", require_stable=True)[("read", 0)][0] == 7
assert positions("nobody") == {}, positions("nobody")
unknown = Consumer({"bootstrap.servers": server, "group.id": "nobody"}).committed([TopicPartition("read", 0)], 10)
assert unknown[0].offset == -1001 and unknown[0].error is None, unknown
too_long = error(lambda: simple.commit(offsets=[TopicPartition("read", 0, 8, "x" * 4097)], asynchronous=False))
assert too_long == "OFFSET_METADATA_TOO_LARGE", too_long
no_topic = error(lambda: simple.commit(offsets=[TopicPartition("nowhere", 0, 8)], asynchronous=False))
assert no_topic == "UNKNOWN_TOPIC_OR_PART", no_topic
simple.close()

# A member.
member = Consumer(
    {
        "bootstrap.servers": server,
        "client.id": "reader",
        "group.id": "members",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    }
)
member.subscribe(["read"])
for _ in range(20):
    message = member.poll(20)
    assert message is not None and message.error() is None, message
member.commit(asynchronous=False)
described = admin.describe_consumer_groups(["members"])["members"].result()
assert described.state.name == "STABLE" and described.partition_assignor == "range", described.state
assert [(each.client_id, each.host) for each in described.members] == [("reader", "/127.0.0.1")], described.members
assigned = {(each.topic, each.partition) for each in described.members[0].assignment.topic_partitions}
assert assigned == {("read", 0), ("read", 1)}, assigned
listed = {each.group_id: each.state.name for each in admin.list_consumer_groups().result().valid}
assert listed == {"simple": "EMPTY", "members": "STABLE"}, listed

# Positions of a group that has members are theirs.
outsider = Consumer({"bootstrap.servers": server, "group.id": "members", "enable.auto.commit": False})
refused = error(lambda: outsider.commit(offsets=[TopicPartition("read", 0, 1)], asynchronous=False))
assert refused == "UNKNOWN_MEMBER_ID", refused
outsider.close()
assert error(lambda: admin.delete_consumer_groups(["members"])["members"].result()) == "NON_EMPTY_GROUP"
assert positions("members") == {("read", 0): (10, None, 0), ("read", 1): (10, None, 0)}, positions("members")

member.close()
assert admin.describe_consumer_groups(["members"])["members"].result().state.name == "EMPTY"
moved = admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions("members", [TopicPartition("read", 0, 2)])])
moved["members"].result()
assert positions("members")[("read", 0)][0] == 2
admin.delete_consumer_groups(["members"])["members"].result()
assert positions("members") == {}, positions("members")
assert error(lambda: admin.delete_consumer_groups(["members"])["members"].result()) == "GROUP_ID_NOT_FOUND"
