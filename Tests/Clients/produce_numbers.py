"""Produces numbers from 0 on, in turn to the partitions of a topic that it makes, until SIGTERM: each once and in order, also while the broker dies and comes back.

Prints how many have been acknowledged, every now and then and at the end.

produce_numbers.py SERVER TOPIC PARTITIONS PER_SECOND
"""

import signal
import sys
import time

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

server, topic, partitions, rate = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
acknowledged = 0
stopping = False


def stop(*_):
    global stopping
    stopping = True


def delivered(error, _):
    global acknowledged
    assert error is None, error
    acknowledged += 1


signal.signal(signal.SIGTERM, stop)
admin = AdminClient({"bootstrap.servers": server})
admin.create_topics([NewTopic(topic, partitions)])[topic].result()
producer = Producer({"bootstrap.servers": server, "enable.idempotence": True, "reconnect.backoff.max.ms": 200})
number = 0
while not stopping:
    for _ in range(rate // 20):
        producer.produce(topic, b"%d" % number, partition=number % partitions, callback=delivered)
        number += 1
    producer.poll(0)
    time.sleep(0.05)
    print(acknowledged, flush=True)
assert producer.flush(60) == 0 and acknowledged == number, (acknowledged, number)
print(acknowledged, flush=True)
