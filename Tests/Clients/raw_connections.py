"""Connections that are no well-behaved clients, and the order of answers on one that asks for much at once."""

import os
import random
import socket
import struct
import sys

from kafka.record.default_records import DefaultRecordBatchBuilder

host, port = sys.argv[1].rsplit(":", 1)
seed = random.randrange(1 << 32)
print("seed", seed)
random.seed(seed)


def connect(receive_bytes=None):
    connection = socket.socket()
    connection.settimeout(60)
    if receive_bytes:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    connection.connect((host, int(port)))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def frame(key, version, correlation, body):
    request = struct.pack(">hhih", key, version, correlation, 3) + b"raw" + body
    return struct.pack(">i", len(request)) + request


def receive(connection, count):
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        assert piece, "closed"
        data += piece
    return data


def answer(connection):
    (length,) = struct.unpack(">i", receive(connection, 4))
    data = receive(connection, length)
    return struct.unpack(">i", data[:4])[0], data[4:]


def is_closed(connection):
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def string(text):
    return struct.pack(">h", len(text)) + text


# Half a frame, and idle ones: they stay.
half = connect()
half.sendall(frame(18, 0, 1, b"")[:7])
idle = [connect() for _ in range(200)]

# A length that no request has, lengths below any, garbage: they are closed.
for opening in [b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x00\x00\x00\x08" + b"\xff" * 8]:
    hostile = connect()
    hostile.sendall(opening)
    assert is_closed(hostile), opening
for _ in range(50):
    hostile = connect()
    hostile.sendall(os.urandom(random.randrange(4, 2000)))
    hostile.shutdown(socket.SHUT_WR)
    hostile.close()

# A version of ApiVersions that nobody knows is answered in the oldest one, with error 35.
newer = connect()
newer.sendall(frame(18, 99, 5, b"whatever"))
correlation, body = answer(newer)
assert correlation == 5 and struct.unpack(">h", body[:2])[0] == 35

# Metadata for a topic, which is made; then many requests at once, with a fetch among them that waits: answers come in order.
asking = connect()
metadata = struct.pack(">i", 1) + string(b"raw") + b"\x01"
asking.sendall(frame(3, 4, 1, metadata))
assert answer(asking)[0] == 1
waiting = struct.pack(">iiiib", -1, 300, 1, 1 << 20, 0) + struct.pack(">i", 1) + string(b"raw")
waiting += struct.pack(">iiqi", 1, 0, 0, 1 << 20)
requests = [frame(18, 0, 2, b""), frame(1, 4, 3, waiting)] + [frame(18, 0, number, b"") for number in range(4, 64)]
asking.sendall(b"".join(requests))
assert [answer(asking)[0] for _ in requests] == list(range(2, 64))



def produce(correlation, acks, records):
    body = struct.pack(">hhi", -1, acks, 30_000) + struct.pack(">i", 1) + string(b"raw")
    return frame(0, 3, correlation, body + struct.pack(">iii", 1, 0, len(records)) + records)


def batch(values):
    builder = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, 1 << 20)
    for offset, value in enumerate(values):
        builder.append(offset, timestamp=1, key=None, value=value, headers=[])
    return bytes(builder.build())


def fetch(correlation, offset, wait, topic=b"raw"):
    body = struct.pack(">iiiib", -1, wait, 1, 1 << 20, 0) + struct.pack(">i", 1) + string(topic)
    return frame(1, 4, correlation, body + struct.pack(">iiqi", 1, 0, offset, 1 << 20))


def fetched(body):
    """The bytes of records in the answer to one partition's fetch."""
    # Throttle time, one topic and its name, one partition: its number, error, high watermark, last stable offset, no aborted transactions.
    start = 4 + 4 + 2 + len("raw") + 4
    _, error, high, _, _, size = struct.unpack(">ihqqii", body[start : start + 30])
    assert error == 0, error
    return size, high


# A fetch is begun after the request before it, although it could be answered at once: the topic that the other makes is there.
for number in range(20):
    topic = b"n%02d" % number
    metadata = struct.pack(">i", 1) + string(topic) + b"\x01"
    asking.sendall(frame(3, 4, 70, metadata) + fetch(71, 0, 0, topic))
    assert answer(asking)[0] == 70
    correlation, body = answer(asking)
    assert correlation == 71 and fetched(body) == (0, 0)

# Records that no answer is wanted for are to be seen all the same, soon and by everybody.
for number in range(10):
    asking.sendall(produce(100, 0, batch([b"unanswered"] * 10)))
other = connect()
offset = 0
while offset < 100:
    other.sendall(fetch(101, offset, 30_000))
    correlation, body = answer(other)
    assert correlation == 101
    size, offset = fetched(body)
    assert size > 0, "nothing came"

# A fetch that waits is answered by what is produced behind it on its own connection.
asking.sendall(fetch(102, 100, 60_000) + produce(103, 1, batch([b"late"])))
correlation, body = answer(asking)
assert correlation == 102 and fetched(body)[0] > 0
assert answer(asking)[0] == 103

# Thousands of questions from a client that does not listen, until it does.
deaf = connect(receive_bytes=4096)
for number in range(3000):
    deaf.sendall(frame(3, 1, number, struct.pack(">i", -1)))
assert [answer(deaf)[0] for _ in range(3000)] == list(range(3000))

# The same from one that never listens and leaves.
for _ in range(20):
    gone = connect(receive_bytes=4096)
    gone.sendall(b"".join(frame(3, 1, number, struct.pack(">i", -1)) for number in range(2000)))
    gone.close()

# What is refused without an answer ends the connection, and so does an API that is not served.
damaged = bytearray(batch([b"damaged"]))
damaged[-1] ^= 1
for request in [produce(1, 0, bytes(damaged)), frame(77, 0, 1, b"")]:
    refused = connect()
    refused.sendall(request)
    assert is_closed(refused)

# One byte after the other.
slow = connect()
for byte in frame(18, 0, 9, b""):
    slow.sendall(bytes([byte]))
assert answer(slow)[0] == 9

# Those that stayed are still there.
half.sendall(frame(18, 0, 1, b"")[7:])
assert answer(half)[0] == 1
idle[0].sendall(frame(18, 0, 11, b""))
assert answer(idle[0])[0] == 11
