"""Writes until the broker's disk is full: producers are told so in a way that lets them try again, readers go on, and all goes on once there is room.

    with_a_full_disk.py SERVER FOLDER

Prints `full` when it is, and waits for the file FOLDER/room.
"""

import os
import sys
import time

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

server, folder = sys.argv[1:3]
config = {"bootstrap.servers": server, "log_level": 2}
outcomes = []


def produce(client, value, acknowledged):
    def delivered(error, message):
        outcomes.append(error)
        if error is None:
            acknowledged.append(message.value())

    client.produce("full", value, partition=0, callback=delivered)


def read(count):
    consumer = Consumer({**config, "group.id": "readers", "enable.auto.commit": False})
    consumer.assign([TopicPartition("full", 0, 0)])
    values = []
    while len(values) < count:
        message = consumer.poll(30)
        assert message is not None and message.error() is None, (len(values), count, message and message.error())
        values.append(message.value())
    consumer.close()
    return values


def join():
    member = Consumer({**config, "group.id": "members", "enable.auto.commit": False, "auto.offset.reset": "earliest"})
    member.subscribe(["full"])
    return member


def committed(consumer):
    return consumer.committed([TopicPartition("full", 0)], timeout=30)[0].offset


# One that tells what it is told, and one that tries again as all do.
impatient = Producer({**config, "retries": 0, "compression.type": "none"})
patient = Producer({**config, "enable.idempotence": True, "message.timeout.ms": 300_000, "retry.backoff.ms": 100})
acknowledged, later = [], []
number = 0
while not any(outcomes):
    produce(impatient, b"%06d" % number + os.urandom(100_000), acknowledged)
    number += 1
    assert impatient.flush(60) == 0 and number < 1000
error = next(error for error in outcomes if error is not None)
assert error.code() == KafkaError.KAFKA_STORAGE_ERROR, error
before = list(acknowledged)
assert read(len(before)) == before, "what was acknowledged can be read on the full disk"

# Positions of the group are set until what is left of the last page is full, too; the last that was taken stays.
admin = AdminClient(config)
told = None
for count in range(1000):
    position = TopicPartition("full", 0, count % len(before))
    wanted = ConsumerGroupTopicPartitions("members", [position])
    done = admin.alter_consumer_group_offsets([wanted], request_timeout=30)["members"].result()
    error = done.topic_partitions[0].error
    if error is not None:
        assert error.code() == KafkaError.COORDINATOR_NOT_AVAILABLE, error
        break
    told = position.offset
else:
    raise AssertionError("the positions found room")
looker = Consumer({**config, "group.id": "members"})
found = committed(looker)
assert found == told if told is not None else found < 0, (found, told)
looker.close()

waiting = [b"waiting %d " % index + os.urandom(100_000) for index in range(5)]
for value in waiting:
    produce(patient, value, later)
assert patient.flush(3) > 0, "there was room after all"
print("full", flush=True)
while not os.path.exists(f"{folder}/room"):
    time.sleep(0.05)
# Now that there is room a member begins where the group was, commits, and the next one begins behind that.
member = join()
first = member.poll(30)
assert first is not None and first.value() == before[told or 0], "the member begins elsewhere"
member.commit(offsets=[TopicPartition("full", 0, 2)], asynchronous=False)
assert committed(member) == 2
member.close()
member = join()
assert member.poll(30).value() == before[2], "the next member begins elsewhere"
member.close()
assert patient.flush(120) == 0
assert later == waiting, f"{len(later)} of {len(waiting)}"
produce(impatient, b"again", acknowledged)
assert impatient.flush(60) == 0 and acknowledged[-1] == b"again"
values = read(len(before) + len(waiting) + 1)
assert values == before + waiting + [b"again"], "lost, doubled, or written though it was refused"
