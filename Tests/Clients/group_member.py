"""One member of a consumer group, of the client library that is named; it reads, and commits what it has read.

Prints what happens, behind the nanoseconds of this machine's clock: 'assigned' when its group has given it partitions anew, 'owns P P P' when they have
changed, 'read P OFFSET VALUE', 'committed P OFFSET' once that is acknowledged, 'refused ERROR' where it is not, 'left' at the end. SIGTERM makes it leave.

group_member.py LIBRARY SERVER GROUP TOPIC [INSTANCE]
"""

import asyncio
import signal
import sys
import time

library, server, group, topic = sys.argv[1:5]
instance = sys.argv[5] if len(sys.argv) > 5 else None
stopping = False
owned = None


def stop(*_):
    global stopping
    stopping = True


def say(*words):
    print(time.monotonic_ns(), *words, flush=True)


def owns(partitions):
    global owned
    now = set(partitions)
    if owned != now:
        owned = now
        say("owns", *sorted(now))


def confluent(strategy):
    from confluent_kafka import Consumer, KafkaException, TopicPartition

    settings = {
        "bootstrap.servers": server,
        "group.id": group,
        "partition.assignment.strategy": strategy,
        "session.timeout.ms": 6000,
        "heartbeat.interval.ms": 300,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "reconnect.backoff.max.ms": 200,
    }
    if instance:
        settings["group.instance.id"] = instance
    consumer = Consumer(settings)
    consumer.subscribe([topic], on_assign=lambda *_: say("assigned"))
    while not stopping:
        next_offsets = {}
        messages = consumer.consume(200, 0.2)
        owns(partition.partition for partition in consumer.assignment())
        for message in messages:
            if message.error():
                say("error", message.error())
                continue
            say("read", message.partition(), message.offset(), message.value().decode())
            next_offsets[message.partition()] = message.offset() + 1
        if not next_offsets:
            continue
        try:
            committed = consumer.commit(
                offsets=[TopicPartition(topic, partition, offset) for partition, offset in next_offsets.items()],
                asynchronous=False,
            )
            for partition in committed:
                if partition.error:
                    say("refused", partition.error)
                else:
                    say("committed", partition.partition, partition.offset)
        except KafkaException as error:
            say("refused", error)
    consumer.close()


def kafka_python():
    from kafka import KafkaConsumer, OffsetAndMetadata
    from kafka.errors import KafkaError

    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=server,
        group_id=group,
        group_instance_id=instance,
        session_timeout_ms=6000,
        heartbeat_interval_ms=300,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        reconnect_backoff_max_ms=200,
    )
    while not stopping:
        next_offsets = {}
        try:
            batches = consumer.poll(timeout_ms=200)
        except KafkaError as error:
            # While the broker is down it raises what the connection came to; the next poll connects anew.
            say("error", repr(error))
            continue
        owns(partition.partition for partition in consumer.assignment())
        for partition, messages in batches.items():
            for message in messages:
                say("read", message.partition, message.offset, message.value.decode())
                next_offsets[partition] = OffsetAndMetadata(message.offset + 1, "", -1)
        if not next_offsets:
            continue
        try:
            consumer.commit(next_offsets)
            for partition, position in next_offsets.items():
                say("committed", partition.partition, position.offset)
        except KafkaError as error:
            say("refused", repr(error))
    consumer.close(autocommit=False)


async def aiokafka():
    from aiokafka import AIOKafkaConsumer
    from aiokafka.errors import KafkaError

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=server,
        group_id=group,
        group_instance_id=instance,
        session_timeout_ms=6000,
        heartbeat_interval_ms=300,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    while not stopping:
        next_offsets = {}
        batches = await consumer.getmany(timeout_ms=200)
        owns(partition.partition for partition in consumer.assignment())
        for partition, messages in batches.items():
            for message in messages:
                say("read", message.partition, message.offset, message.value.decode())
                next_offsets[partition] = message.offset + 1
        if not next_offsets:
            continue
        try:
            await consumer.commit(next_offsets)
            for partition, offset in next_offsets.items():
                say("committed", partition.partition, offset)
        except KafkaError as error:
            say("refused", repr(error))
    await consumer.stop()


signal.signal(signal.SIGTERM, stop)
match library:
    case "confluent-range":
        confluent("range")
    case "confluent-cooperative":
        confluent("cooperative-sticky")
    case "kafka-python":
        kafka_python()
    case "aiokafka":
        asyncio.run(aiokafka())
    case _:
        sys.exit(f"no library {library}")
say("left")
