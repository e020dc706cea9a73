"""Reads records in a group, writes each of them to another topic, and commits both in one transaction, for as long as it takes.

Some transactions are aborted, some are left open by a processor that dies, and the broker is killed meanwhile: prints how many transactions are committed, so that
whoever kills it knows when. Afterwards each record has been written once, in the order of its partition.
"""

import random
import sys

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

server, count = sys.argv[1], int(sys.argv[2])
partitions = 3
seed = random.randrange(1 << 32)
print("seed", seed, file=sys.stderr)
random.seed(seed)
fast = {
    "bootstrap.servers": server,
    "reconnect.backoff.max.ms": 200,
    "reconnect.backoff.ms": 50,
    # When its only broker is gone librdkafka 2.16 would begin anew with the bootstrap servers, and keep waiting for the group's coordinator under the handle
    # that it has given up.
    "metadata.recovery.strategy": "none",
}


def fill():
    admin = AdminClient(fast)
    for future in admin.create_topics([NewTopic(name, partitions, 1) for name in ["source", "target"]]).values():
        future.result(30)
    producer = Producer({**fast, "enable.idempotence": True, "linger.ms": 5})
    for number in range(count):
        producer.produce("source", b"%d" % number, partition=number % partitions)
    assert producer.flush(60) == 0


class Processor:
    def __init__(self):
        self.consumer = Consumer(
            {
                **fast,
                "group.id": "processors",
                # One that dies and comes back is the same member, and waits for no session to be over.
                "group.instance.id": "only",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
            }
        )
        self.producer = Producer({**fast, "transactional.id": "processor", "linger.ms": 1})
        self.producer.init_transactions(60)
        self.consumer.subscribe(["source"])

    def step(self):
        """Takes some records through; returns whether they are committed."""
        records = [record for record in self.consumer.consume(random.randint(1, 150), 0.5) if not record.error()]
        if not records:
            return False
        self.producer.begin_transaction()
        try:
            for record in records:
                self.producer.produce("target", record.value(), partition=record.partition())
            positions = self.consumer.position(self.consumer.assignment())
            self.again(
                lambda: self.producer.send_offsets_to_transaction(
                    [position for position in positions if position.offset >= 0],
                    self.consumer.consumer_group_metadata(),
                    60,
                )
            )
            if random.random() < 0.1:
                raise Abandoned
            self.again(lambda: self.producer.commit_transaction(60))
            return True
        except Abandoned:
            pass
        except KafkaException as error:
            if not error.args[0].txn_requires_abort():
                raise
        self.again(lambda: self.producer.abort_transaction(60))
        self.rewind()
        return False

    @staticmethod
    def again(operation):
        while True:
            try:
                return operation()
            except KafkaException as error:
                if not error.args[0].retriable():
                    raise

    def rewind(self):
        assignment = self.consumer.assignment()
        for position in self.again(lambda: self.consumer.committed(assignment, 60)):
            position.offset = max(0, position.offset)
            self.consumer.seek(position)

    def die(self):
        """Leaves a transaction open, which the next of its name has to abort."""
        self.producer.begin_transaction()
        self.producer.produce("target", b"never", partition=0)
        self.producer.flush(60)


class Abandoned(Exception):
    pass


def is_done(consumer):
    sources = [TopicPartition("source", partition) for partition in range(partitions)]
    return sum(max(0, position.offset) for position in consumer.committed(sources, 60)) == count


def read(isolation):
    consumer = Consumer(
        {**fast, "group.id": "check", "enable.auto.commit": False, "isolation.level": isolation, "enable.partition.eof": True}
    )
    consumer.assign([TopicPartition("target", partition, 0) for partition in range(partitions)])
    values, ends = {partition: [] for partition in range(partitions)}, 0
    while ends < partitions:
        message = consumer.poll(60)
        assert message is not None
        if message.error():
            assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
            ends += 1
        else:
            values[message.partition()].append(int(message.value()) if message.value() != b"never" else None)
    consumer.close()
    return values


fill()
processor = Processor()
left_behind = []
committed = idle = 0
while True:
    try:
        if processor.step():
            committed, idle = committed + 1, 0
            print(committed, flush=True)
            if committed % 25 == 0:
                processor.die()
                left_behind.append(processor.producer)
                processor.consumer.close()
                processor = Processor()
        else:
            idle += 1
            if idle > 2 and is_done(processor.consumer):
                break
    except KafkaException as error:
        assert error.args[0].fatal(), error
        processor.consumer.close()
        processor = Processor()

expected = {partition: list(range(partition, count, partitions)) for partition in range(partitions)}
assert read("read_committed") == expected
assert any(None in values for values in read("read_uncommitted").values())
print("done", flush=True)
