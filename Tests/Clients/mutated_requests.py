"""Sends mutated golden requests to a broker over many connections: `mutated_requests.py HOST:PORT COUNT SEED`.

Each is answered, in its turn, or its connection is closed. Prints how many connections the broker has closed.
"""

import asyncio
import collections
import pathlib
import random
import struct
import sys

host, port = sys.argv[1].rsplit(":", 1)
count, seed = int(sys.argv[2]), int(sys.argv[3])
source = random.Random(seed)

GOLDEN = pathlib.Path(__file__).parent.parent / "KafkaProtocolTests/Golden"
CONNECTIONS = 64
REQUESTS = 4  # of a connection, sent at once
WAITING = {1, 11, 14}  # Fetch, JoinGroup and SyncGroup may be answered late, as the request says
PATIENCE = 2  # seconds, for those
LIMIT = 120  # seconds, for any other

# By API, so that each has its share however many clients send it. Large batches would only make the run slow.
originals = [
    [frame for line in file.read_text().splitlines() if len(frame := bytes.fromhex(line.split()[2])) < 2500] for file in sorted(GOLDEN.glob("*.txt"))
]
assert all(originals)
tally = collections.Counter()


def mutated(original, correlation):
    frame = bytearray(original)
    for _ in range(source.randint(1, 2)):
        # Key and version are kept but for now and then: most of another API's requests are no requests.
        place = source.randrange(0 if source.random() < 0.02 else min(8, len(frame) - 1), len(frame))
        # Mostly other values in the same places: they get past the reading.
        match source.randrange(16):
            case 0:
                del frame[place]
            case 1:
                frame.insert(place, source.choice([0, 1, 0x7F, 0x80, 0xFF]))
            case 2 if place >= 8:
                del frame[place:]
            case number:
                frame[place] = source.randrange(256) if number % 2 else source.choice([0, 1, 0x7F, 0x80, 0xFF])
    frame += bytes(max(0, 8 - len(frame)))
    frame[4:8] = struct.pack(">i", correlation)
    return bytes(frame)


async def answer(reader):
    (length,) = struct.unpack(">i", await reader.readexactly(4))
    return struct.unpack(">i", (await reader.readexactly(length))[:4])[0]


async def connection():
    frames = [mutated(source.choice(source.choice(originals)), correlation) for correlation in range(REQUESTS)]
    # The last is sound: its answer tells that all before it are done with.
    frames.append(struct.pack(">hhih", 18, 0, REQUESTS, -1))
    reader, writer = await asyncio.open_connection(host, int(port))
    awaited = 0
    try:
        writer.write(b"".join(struct.pack(">i", len(frame)) + frame for frame in frames))
        while awaited < len(frames):
            # A Produce with acks 0 has no answer, so that the one behind it may be what waits.
            key = next(key for frame in frames[awaited:] if (key := int.from_bytes(frame[:2], "big")) != 0)
            got = await asyncio.wait_for(answer(reader), PATIENCE if key in WAITING else LIMIT)
            assert got >= awaited, "an answer out of its turn"
            awaited = got + 1
            tally["answers"] += 1
    except asyncio.TimeoutError:
        assert key in WAITING, f"no answer to {[frame.hex() for frame in frames[awaited:]]}"
        tally["waited"] += 1
    except (asyncio.IncompleteReadError, ConnectionError):
        tally["closed"] += 1
    finally:
        writer.close()
    tally["connections"] += 1


async def sender():
    while tally["sent"] < count:
        tally["sent"] += REQUESTS
        await connection()


async def main():
    await asyncio.gather(*(sender() for _ in range(CONNECTIONS)))
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(struct.pack(">ihhih", 10, 18, 0, 1, -1))
    assert await asyncio.wait_for(answer(reader), LIMIT) == 1
    writer.close()


asyncio.run(main())
print(dict(tally), file=sys.stderr)
print(tally["closed"])
