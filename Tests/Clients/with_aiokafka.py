"""Scenarios with aiokafka: `with_aiokafka.py HOST:PORT SCENARIO`. Ends with an error if anything is not as it was sent."""

import asyncio
import sys
import time

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import ProducerFenced

server = sys.argv[1]
LIMIT = 120
# The times of records begin an hour ago: older ones are what retention looks for.
START = int(time.time()) * 1000 - 3_600_000


async def read_all(partition, count, **settings):
    consumer = AIOKafkaConsumer(bootstrap_servers=server, **settings)
    await consumer.start()
    try:
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        return [await asyncio.wait_for(consumer.getone(), LIMIT) for _ in range(count)]
    finally:
        await consumer.stop()


async def codecs():
    """Every codec, idempotent and not: keys, headers, null values and times come back as they were sent."""
    for codec in [None, "gzip", "snappy", "lz4", "zstd"]:
        for idempotent in [False, True]:
            topic = f"aiokafka.{codec or 'none'}.{idempotent}"
            sent = [(b"k%d" % i, None if i % 10 == 9 else b"v%d" % i, (("h", b"x%d" % i),), START + i) for i in range(2000)]
            producer = AIOKafkaProducer(bootstrap_servers=server, acks="all", compression_type=codec, enable_idempotence=idempotent, linger_ms=5)
            await producer.start()
            futures = [await producer.send(topic, v, key=k, headers=list(h), timestamp_ms=t, partition=0) for k, v, h, t in sent]
            assert [(await future).offset for future in futures] == list(range(2000)), topic
            await producer.stop()
            read = await read_all(TopicPartition(topic, 0), 2000)
            assert [(r.key, r.value, tuple(r.headers), r.timestamp) for r in read] == sent, topic


async def times():
    """Offsets by time, both ends, and reading from the middle of a batch."""
    partition = TopicPartition("aiokafka.times", 0)
    async with AIOKafkaProducer(bootstrap_servers=server) as producer:
        for i in range(1000):
            await producer.send(partition.topic, b"v%d" % i, timestamp_ms=START + i * 10, partition=0)
        await producer.flush()
    async with AIOKafkaConsumer(bootstrap_servers=server) as consumer:
        consumer.assign([partition])
        found = (await consumer.offsets_for_times({partition: START + 2995}))[partition]
        assert (found.offset, found.timestamp) == (300, START + 3000), found
        assert (await consumer.offsets_for_times({partition: START + 1_000_000}))[partition] is None
        assert await consumer.beginning_offsets([partition]) == {partition: 0}
        assert await consumer.end_offsets([partition]) == {partition: 1000}
        consumer.seek(partition, 777)
        assert (await consumer.getone()).value == b"v777"


async def large():
    """Messages of 10 MB, larger than what the consumer asks for at a time."""
    partition = TopicPartition("aiokafka.large", 0)
    values = [bytes([letter]) * 10_000_000 for letter in b"abc"]
    async with AIOKafkaProducer(bootstrap_servers=server, max_request_size=12_000_000) as producer:
        for value in values:
            await producer.send_and_wait(partition.topic, value, partition=0)
    read = await read_all(partition, 3)
    assert [record.value for record in read] == values


async def connections():
    """A hundred producers and a hundred consumers at once, each with connections of its own."""

    async def write(number):
        async with AIOKafkaProducer(bootstrap_servers=server, client_id=f"producer-{number}") as producer:
            everybody.append(number)
            while len(everybody) < 200:
                await asyncio.sleep(0.05)
            for i in range(20):
                await producer.send_and_wait(f"aiokafka.connections.{number % 10}", b"%d of %d" % (i, number), partition=0)

    async def read(number):
        consumer = AIOKafkaConsumer(bootstrap_servers=server, client_id=f"consumer-{number}", auto_offset_reset="earliest")
        async with consumer:
            everybody.append(number)
            consumer.assign([TopicPartition(f"aiokafka.connections.{number % 10}", 0)])
            records = [await asyncio.wait_for(consumer.getone(), LIMIT) for _ in range(200)]
        assert [record.offset for record in records] == list(range(200))
        # Each producer's in its order.
        for producer in range(number % 10, 100, 10):
            values = [record.value for record in records if record.value.endswith(b" of %d" % producer)]
            assert values == [b"%d of %d" % (i, producer) for i in range(20)], values

    everybody = []
    await asyncio.gather(*(write(number) for number in range(100)), *(read(number) for number in range(100)))


async def read_to_end(partition, isolation):
    """Everything that a reader of that kind sees, up to where the partition ends for it."""
    consumer = AIOKafkaConsumer(bootstrap_servers=server, isolation_level=isolation)
    async with consumer:
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        end = (await consumer.end_offsets([partition]))[partition]
        values = []
        while await consumer.position(partition) < end:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                values += [record.value for record in records]
        return values


async def transactions():
    """Committed, aborted and fenced ones, and what readers of both kinds see of them."""
    partition = TopicPartition("aiokafka.transactions", 0)

    async def send(producer, *values):
        for value in values:
            await producer.send_and_wait(partition.topic, value, partition=0)

    first = AIOKafkaProducer(bootstrap_servers=server, transactional_id="aiokafka")
    await first.start()
    async with first.transaction():
        await send(first, b"1", b"2")
    await first.begin_transaction()
    await send(first, b"no")
    await first.abort_transaction()
    await first.begin_transaction()
    await send(first, b"zombie")
    second = AIOKafkaProducer(bootstrap_servers=server, transactional_id="aiokafka")
    await second.start()
    try:
        await first.commit_transaction()
        raise AssertionError("a fenced producer has committed")
    except ProducerFenced:
        pass
    await first.stop()
    async with second.transaction():
        await send(second, b"3")
    await second.stop()
    assert await read_to_end(partition, "read_committed") == [b"1", b"2", b"3"]
    assert await read_to_end(partition, "read_uncommitted") == [b"1", b"2", b"no", b"zombie", b"3"]


async def exactly_once():
    """Numbers are read, doubled and written with their positions in one transaction; every third transaction is aborted."""
    source, target = TopicPartition("aiokafka.numbers", 0), TopicPartition("aiokafka.doubled", 0)
    async with AIOKafkaProducer(bootstrap_servers=server) as producer:
        for number in range(500):
            await producer.send(source.topic, b"%d" % number, partition=0)
    producer = AIOKafkaProducer(bootstrap_servers=server, transactional_id="aiokafka.doubler")
    await producer.start()
    consumer = AIOKafkaConsumer(
        source.topic, bootstrap_servers=server, group_id="aiokafka.doubler", enable_auto_commit=False, auto_offset_reset="earliest", max_poll_records=20
    )
    await consumer.start()
    done = turn = 0
    while done < 500:
        records = [record for batch in (await consumer.getmany(timeout_ms=1000)).values() for record in batch]
        if not records:
            continue
        turn += 1
        assert records[0].offset == done
        await producer.begin_transaction()
        for record in records:
            await producer.send(target.topic, b"%d" % (2 * int(record.value)), partition=0)
        await producer.send_offsets_to_transaction({source: records[-1].offset + 1}, "aiokafka.doubler")
        if turn % 3 == 0:
            await producer.abort_transaction()
            consumer.seek(source, done)
        else:
            await producer.commit_transaction()
            done = records[-1].offset + 1
            assert await consumer.committed(source) == done
    await consumer.stop()
    await producer.stop()
    assert await read_to_end(target, "read_committed") == [b"%d" % (2 * number) for number in range(500)]


SCENARIOS = {scenario.__name__: scenario for scenario in [codecs, times, large, connections, transactions, exactly_once]}

asyncio.run(SCENARIOS[sys.argv[2]]())
