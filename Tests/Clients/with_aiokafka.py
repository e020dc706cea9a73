"""Scenarios with aiokafka: `with_aiokafka.py HOST:PORT SCENARIO`. Ends with an error if anything is not as it was sent."""

import asyncio
import sys
import time

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

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


SCENARIOS = {scenario.__name__: scenario for scenario in [codecs, times, large, connections]}

asyncio.run(SCENARIOS[sys.argv[2]]())
