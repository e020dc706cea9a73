"""Ten thousand idle connections and many that are hostile, while a real producer and a real consumer work: they do not notice, and the broker's memory stays small.

usage: crowd.py ADDRESS PID-OF-THE-BROKER CONNECTIONS MEMORY-LIMIT-MIB
"""

import os
import random
import resource
import socket
import struct
import sys
import threading
import time

from confluent_kafka import Consumer, Producer

address, pid, count, limit = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
host, port = address.rsplit(":", 1)
seed = random.randrange(1 << 32)
print("seed", seed)
random.seed(seed)
resource.setrlimit(resource.RLIMIT_NOFILE, (count + 1000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def memory():
    """The resident memory of the broker in MiB, now and at most."""
    with open(f"/proc/{pid}/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return int(fields["VmRSS"].split()[0]) >> 10, int(fields["VmHWM"].split()[0]) >> 10


def connect():
    connection = socket.create_connection((host, int(port)), timeout=60)
    return connection


class Worker(threading.Thread):
    """Writes numbered records, reads them again, and remembers the longest time that either took."""

    def __init__(self):
        super().__init__()
        self.stop = threading.Event()
        self.read = 0
        self.slowest = 0
        self.failure = None

    def run(self):
        try:
            self.work()
        except BaseException as error:
            self.failure = error

    def work(self):
        producer = Producer({"bootstrap.servers": address, "acks": "all", "linger.ms": 0, "enable.idempotence": True})
        consumer = Consumer({"bootstrap.servers": address, "group.id": "unused", "fetch.wait.max.ms": 100})
        self.exchange(producer, consumer)
        consumer.close()

    def exchange(self, producer, consumer):
        from confluent_kafka import TopicPartition

        assigned = False
        while not self.stop.is_set():
            began = time.monotonic()
            errors = []
            producer.produce("crowd", str(self.read).encode(), on_delivery=lambda error, _: error and errors.append(error))
            assert producer.flush(60) == 0, "a record was not acknowledged"
            assert not errors, errors
            if not assigned:
                consumer.assign([TopicPartition("crowd", 0, 0)])
                assigned = True
            message = consumer.poll(60)
            assert message is not None and not message.error(), message and message.error()
            assert message.value() == str(self.read).encode(), (message.value(), self.read)
            self.read += 1
            self.slowest = max(self.slowest, time.monotonic() - began)


worker = Worker()
worker.start()


def goes_on(what, records=20):
    """Waits until the worker has done so much more: nobody is in its way."""
    began, until = time.monotonic(), worker.read + records
    worker.slowest = 0
    while worker.read < until:
        if worker.failure:
            raise worker.failure
        assert time.monotonic() - began < 60, f"{what}: the others stand still"
        time.sleep(0.01)
    now, most = memory()
    print(f"{what}: {records} records in {time.monotonic() - began:.2f} s, slowest {worker.slowest:.3f} s, memory {now} MiB, at most {most}")
    assert most < limit, f"{what}: the broker has {most} MiB, which is not below {limit}"


goes_on("alone")

idle = [connect() for _ in range(count)]
goes_on(f"{count} idle connections")

# A twentieth of them sends half a request and stays.
for connection in idle[:: 20]:
    connection.sendall(struct.pack(">ihhi", 64, 18, 0, 1))
goes_on("half a request on every twentieth")

# Requests of a hundred MiB that do not come to an end.
half = [connect() for _ in range(20)]
for connection in half:
    connection.sendall(struct.pack(">ihhi", 100 << 20, 0, 3, 1) + bytes(1 << 16))
goes_on("great requests that stop after 64 KiB")

for _ in range(200):
    with connect() as hostile:
        hostile.sendall(b"\x7f\xff\xff\xff" + os.urandom(100))
goes_on("200 requests of 2 GB")

for _ in range(200):
    with connect() as hostile:
        hostile.sendall(os.urandom(random.randrange(1, 4000)))
goes_on("random bytes")

# Of those that sent nothing, each is served as if it were alone.
request = struct.pack(">ihhih", 10, 18, 0, 7, -1)
for connection in random.sample(idle[1::20], 50):
    connection.sendall(request)
    assert struct.unpack(">i", connection.recv(8)[4:])[0] == 7

for connection in idle + half:
    connection.close()
goes_on("all gone")
worker.stop.set()
worker.join()
assert not worker.failure, worker.failure
