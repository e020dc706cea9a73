"""Connections that are no well-behaved clients, and the order of answers on one that asks for much at once."""

import os
import random
import socket
import struct
import sys

host, port = sys.argv[1].rsplit(":", 1)
seed = random.randrange(1 << 32)
print("seed", seed)
random.seed(seed)


def connect():
    connection = socket.create_connection((host, int(port)), timeout=60)
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
fetch = struct.pack(">iiiib", -1, 300, 1, 1 << 20, 0) + struct.pack(">i", 1) + string(b"raw")
fetch += struct.pack(">iiqi", 1, 0, 0, 1 << 20)
requests = [frame(18, 0, 2, b""), frame(1, 4, 3, fetch)] + [frame(18, 0, number, b"") for number in range(4, 64)]
asking.sendall(b"".join(requests))
assert [answer(asking)[0] for _ in requests] == list(range(2, 64))

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
