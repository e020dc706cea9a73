"""Transactions of kafka-python and aiokafka: committed, aborted, fenced, and positions sent with them."""

import asyncio
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka import TopicPartition as AsyncTopicPartition
from aiokafka.errors import KafkaError as AsyncKafkaError
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

server = sys.argv[1]


def read(topic, isolation):
    consumer = KafkaConsumer(bootstrap_servers=server, isolation_level=isolation, enable_auto_commit=False)
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek_to_beginning()
    end = consumer.end_offsets([partition])[partition]
    values = []
    while consumer.position(partition) < end:
        for records in consumer.poll(timeout_ms=1000).values():
            values += [record.value.decode() for record in records]
    consumer.close()
    return values


def kafka_python():
    def producer():
        made = KafkaProducer(bootstrap_servers=server, transactional_id="kafka-python", acks="all")
        made.init_transactions()
        return made

    def send(maker, value):
        maker.send("kp", value, partition=0).get(30)

    first = producer()
    for value, ends in [(b"1", first.commit_transaction), (b"no", first.abort_transaction), (b"2", first.commit_transaction)]:
        first.begin_transaction()
        send(first, value)
        ends()
    assert read("kp", "read_committed") == ["1", "2"], read("kp", "read_committed")
    assert read("kp", "read_uncommitted") == ["1", "no", "2"], read("kp", "read_uncommitted")
    first.begin_transaction()
    send(first, b"zombie")
    second = producer()
    try:
        first.commit_transaction()
        raise AssertionError("the zombie has committed")
    except KafkaError:
        pass
    second.begin_transaction()
    send(second, b"3")
    second.commit_transaction()
    assert read("kp", "read_committed") == ["1", "2", "3"], read("kp", "read_committed")
    second.close()
    first.close(timeout=1)


async def aiokafka():
    def producer():
        return AIOKafkaProducer(bootstrap_servers=server, transactional_id="aiokafka")

    first = producer()
    await first.start()
    async with first.transaction():
        await first.send_and_wait("ak", b"1", partition=0)
    try:
        async with first.transaction():
            await first.send_and_wait("ak", b"no", partition=0)
            raise ValueError
    except ValueError:
        pass
    await first.begin_transaction()
    await first.send_and_wait("ak", b"zombie", partition=0)
    second = producer()
    await second.start()
    try:
        await first.commit_transaction()
        raise AssertionError("the zombie has committed")
    except AsyncKafkaError:
        pass
    async with second.transaction():
        await second.send_and_wait("ak", b"2", partition=0)
    for isolation, expected in [("read_committed", ["1", "2"]), ("read_uncommitted", ["1", "no", "zombie", "2"])]:
        consumer = AIOKafkaConsumer(bootstrap_servers=server, isolation_level=isolation, auto_offset_reset="earliest")
        partition = AsyncTopicPartition("ak", 0)
        await consumer.start()
        consumer.assign([partition])
        values = []
        while len(values) < len(expected):
            for records in (await consumer.getmany(partition, timeout_ms=1000)).values():
                values += [record.value.decode() for record in records]
        assert values == expected, (isolation, values)
        await consumer.stop()
    await second.stop()
    try:
        await first.stop()
    except AsyncKafkaError:
        pass


kafka_python()
asyncio.run(aiokafka())
