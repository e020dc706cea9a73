"""Produces with an idempotent librdkafka producer for as long as it takes, and then reads everything back: each record is there once, in its order.

The records go on while the broker dies and comes back. Prints how many have been acknowledged, so that whoever kills it knows when.
"""

import sys

from confluent_kafka import Consumer, Producer, TopicPartition

server, count = sys.argv[1], int(sys.argv[2])
acknowledged = 0


def delivered(error, message):
    global acknowledged
    assert error is None, error
    acknowledged += 1
    if acknowledged % 500 == 0:
        print(acknowledged, flush=True)


producer = Producer(
    {
        "bootstrap.servers": server,
        "enable.idempotence": True,
        "compression.type": "zstd",
        "linger.ms": 2,
        "batch.num.messages": 100,
        "reconnect.backoff.max.ms": 200,
    }
)
for number in range(count):
    while True:
        try:
            producer.produce("librdkafka", b"%d" % number, partition=0, callback=delivered)
            break
        except BufferError:
            producer.poll(0.1)
    producer.poll(0)
    if number % 100 == 99:
        producer.flush(120)
assert producer.flush(120) == 0 and acknowledged == count, acknowledged

consumer = Consumer({"bootstrap.servers": server, "group.id": "none", "enable.auto.commit": False})
consumer.assign([TopicPartition("librdkafka", 0, 0)])
read = []
while len(read) < count:
    message = consumer.poll(60)
    assert message is not None, f"{len(read)} of {count}"
    assert message.error() is None, message.error()
    read.append(int(message.value()))
assert read == list(range(count)), "doubled or out of order"
assert consumer.get_watermark_offsets(TopicPartition("librdkafka", 0)) == (0, count)
consumer.close()
