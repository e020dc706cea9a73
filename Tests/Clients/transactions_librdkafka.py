"""Transactions of librdkafka's producer: committed, aborted, fenced, timed out, and what readers of both kinds see of them."""

import sys
import threading
import time

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

server = sys.argv[1]


def producer(transactional_id, **settings):
    made = Producer({"bootstrap.servers": server, "transactional.id": transactional_id, "linger.ms": 1, **settings})
    made.init_transactions(30)
    return made


def send(maker, topic, values, partition=0):
    for value in values:
        maker.produce(topic, value.encode(), partition=partition)
    assert maker.flush(30) == 0


def read(topic, isolation, partition=0):
    """Everything up to the end that a reader of that kind sees."""
    consumer = Consumer(
        {
            "bootstrap.servers": server,
            "group.id": "readers",
            "enable.auto.commit": False,
            "isolation.level": isolation,
            "enable.partition.eof": True,
        }
    )
    consumer.assign([TopicPartition(topic, partition, 0)])
    values = []
    while True:
        message = consumer.poll(30)
        assert message is not None, values
        if message.error():
            assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
            consumer.close()
            return values
        values.append(message.value().decode())


def committed(topic):
    return read(topic, "read_committed")


def all_of(topic):
    return read(topic, "read_uncommitted")


# Commit and abort, and a transaction that is open: readers of committed records see up to it.
a = producer("a")
for values, ends in [(["1", "2"], a.commit_transaction), (["no"], a.abort_transaction), (["3"], a.commit_transaction)]:
    a.begin_transaction()
    send(a, "t", values)
    ends(30)
assert committed("t") == ["1", "2", "3"], committed("t")
assert all_of("t") == ["1", "2", "no", "3"], all_of("t")
b = producer("b")
b.begin_transaction()
send(b, "t", ["open"])
a.begin_transaction()
send(a, "t", ["behind"])
a.commit_transaction(30)
assert committed("t") == ["1", "2", "3"], committed("t")
b.commit_transaction(30)
assert committed("t") == ["1", "2", "3", "open", "behind"], committed("t")

# Aborted transactions of two producers that lie within one another.
a.begin_transaction()
b.begin_transaction()
for number in range(5):
    send(a, "mixed", [f"a{number}"])
    send(b, "mixed", [f"b{number}"])
a.abort_transaction(30)
b.commit_transaction(30)
a.begin_transaction()
send(a, "mixed", ["end"])
a.commit_transaction(30)
assert committed("mixed") == [f"b{number}" for number in range(5)] + ["end"], committed("mixed")

# Several topics in one transaction, and one without records.
a.begin_transaction()
for topic in ["x", "y", "z"]:
    send(a, topic, [topic])
a.commit_transaction(30)
assert [committed(topic) for topic in ["x", "y", "z"]] == [["x"], ["y"], ["z"]]
a.begin_transaction()
a.commit_transaction(30)

# A zombie: what it has open is aborted by the one that takes over, and it can neither write nor commit.
zombie = producer("fenced")
zombie.begin_transaction()
send(zombie, "f", ["zombie"])
successor = producer("fenced")
try:
    zombie.commit_transaction(30)
    raise AssertionError("the zombie has committed")
except KafkaException as error:
    assert error.args[0].code() == KafkaError._FENCED, error
second_zombie = successor
second_zombie.begin_transaction()
successor = producer("fenced")
second_zombie.produce("f", b"zombie too", partition=0)
try:
    second_zombie.commit_transaction(30)
    raise AssertionError("the second zombie has committed")
except KafkaException as error:
    assert error.args[0].code() == KafkaError._FENCED, error
successor.begin_transaction()
send(successor, "f", ["successor"])
successor.commit_transaction(30)
assert committed("f") == ["successor"], committed("f")
assert "zombie too" not in all_of("f"), all_of("f")

# A transaction that lasts too long is aborted, and its producer fenced; one that begins with the same id goes on.
slow = producer("slow", **{"transaction.timeout.ms": 1000, "message.timeout.ms": 1000})
slow.begin_transaction()
send(slow, "s", ["slow"])
begun = time.monotonic()
behind = producer("behind")
behind.begin_transaction()
send(behind, "s", ["behind"])
behind.commit_transaction(30)
while committed("s") != ["behind"]:
    assert time.monotonic() - begun < 60
    time.sleep(0.05)
assert time.monotonic() - begun > 0.5
try:
    slow.commit_transaction(30)
    raise AssertionError("what had lasted too long was committed")
except KafkaException as error:
    assert error.args[0].code() == KafkaError._FENCED, error
slow = producer("slow")
slow.begin_transaction()
send(slow, "s", ["slow again"])
slow.commit_transaction(30)
assert committed("s") == ["behind", "slow again"], committed("s")

# A timeout that no transaction may have.
try:
    producer("long", **{"transaction.timeout.ms": 900_001})
    raise AssertionError("a timeout over the limit was taken")
except KafkaException as error:
    assert error.args[0].code() == KafkaError.INVALID_TRANSACTION_TIMEOUT, error

# Positions that a transaction has sent and that is open: who asks for stable ones is told to wait, who does not gets the last committed ones.
input_partition = TopicPartition("t", 0)


def member_of(group, isolation):
    return Consumer(
        {"bootstrap.servers": server, "group.id": group, "enable.auto.commit": False, "isolation.level": isolation}
    )


def stable_error(group):
    asked = ConsumerGroupTopicPartitions(group, [input_partition])
    admin = AdminClient({"bootstrap.servers": server})
    (answer,) = admin.list_consumer_group_offsets([asked], require_stable=True).values()
    try:
        (found,) = answer.result(30).topic_partitions
    except KafkaException as error:
        return error.args[0].code()
    return found.error and found.error.code()


for ends, position in [(a.commit_transaction, 3), (a.abort_transaction, 2)]:
    stable, hasty = member_of("copy", "read_committed"), member_of("copy", "read_uncommitted")
    hasty.commit(offsets=[TopicPartition("t", 0, 2)], asynchronous=False)
    assert stable_error("copy") is None
    a.begin_transaction()
    a.send_offsets_to_transaction([TopicPartition("t", 0, 3)], hasty.consumer_group_metadata(), 30)
    assert stable_error("copy") == KafkaError.UNSTABLE_OFFSET_COMMIT, stable_error("copy")
    assert hasty.committed([input_partition], 30)[0].offset == 2
    try:
        raise AssertionError(f"told before it was stable: {stable.committed([input_partition], 1)}")
    except KafkaException as error:
        assert error.args[0].code() in (KafkaError._TIMED_OUT, KafkaError.UNSTABLE_OFFSET_COMMIT), error
    told = []
    waiting = threading.Thread(target=lambda: told.append(stable.committed([input_partition], 30)[0].offset))
    waiting.start()
    ends(30)
    waiting.join()
    assert told == [position], (told, position)
    assert stable_error("copy") is None
    stable.close()
    hasty.close()
