"""The CPU time that servers take for the same work: messages of 200 bytes in, durably, and out once.

    messaging.py SLUICE [--messages N] [--only NAME ...]

Each server is started here in a folder of its own, with its own durable storage and otherwise as it comes, and stopped by its process id. Its CPU time is that of all its processes
(/proc/PID/stat), from the first message to the last; the clients' is not counted. Prints a Markdown table, per million messages.
"""

import argparse
import asyncio
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

SIZE = 200
PAYLOAD = os.urandom(SIZE // 2).hex().encode()
TICKS = os.sysconf("SC_CLK_TCK")
START_SECONDS = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def family(pid):
    """The process and all below it."""
    found = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
            found += family(int(child))
    return found


class Server:
    def __init__(self, command, port, environment=None):
        self.port = port
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **(environment or {})}
        )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{command[0]} does not listen on {port}")
                time.sleep(0.1)

    def cpu(self):
        ticks = 0
        for pid in family(self.process.pid):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / TICKS

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def sluice(binary, folder, flush):
    port = free_port()
    settings = Path(folder, "broker.yaml")
    settings.write_text(f"stream: {{ embedded: {{ binder: {{ flush: {flush} }} }} }}\n")
    address = f"127.0.0.1:{port}"
    return Server(
        [binary, "broker", "--listen", address, "--data-dir", f"{folder}/data", "--config", str(settings)], port
    )


def confluent_in(server, count):
    from confluent_kafka import Producer

    failed = []
    producer = Producer({"bootstrap.servers": f"127.0.0.1:{server.port}", "acks": "all"})
    told = lambda error, _: failed.append(error) if error else None
    for _ in range(count):
        while True:
            try:
                producer.produce("bench", PAYLOAD, on_delivery=told)
                break
            except BufferError:
                producer.poll(0.01)
    if producer.flush(60) or failed:
        raise SystemExit(f"not everything was taken: {failed[:1]}")


def confluent_out(server, count):
    from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": f"127.0.0.1:{server.port}", "group.id": "bench", "enable.auto.commit": False})
    consumer.assign([TopicPartition("bench", 0, OFFSET_BEGINNING)])
    while count > 0:
        count -= len(consumer.consume(10_000, 1))
    consumer.close()


def kcat_in(server, count):
    with tempfile.NamedTemporaryFile() as lines:
        lines.write((PAYLOAD + b"\n") * count)
        lines.flush()
        subprocess.run(
            ["kcat", "-b", f"127.0.0.1:{server.port}", "-P", "-t", "bench", "-X", "acks=all", "-l", lines.name], check=True
        )


def kcat_out(server, count):
    command = ["kcat", "-b", f"127.0.0.1:{server.port}", "-C", "-t", "bench", "-o", "beginning", "-e", "-q", "-f", "."]
    read = subprocess.run(command, check=True, capture_output=True).stdout
    if len(read) != count:
        raise SystemExit(f"{len(read)} of {count} messages were read")


def redis_server(folder):
    port = free_port()
    return Server(
        ["redis-server", "--port", str(port), "--dir", folder, "--appendonly", "yes", "--save", "", "--bind", "127.0.0.1"], port
    )


def redis_in(server, count):
    import redis

    client = redis.Redis(port=server.port)
    for start in range(0, count, 1000):
        pipe = client.pipeline(transaction=False)
        for _ in range(min(1000, count - start)):
            pipe.xadd("bench", {"v": PAYLOAD})
        pipe.execute()


def redis_out(server, count):
    import redis

    client = redis.Redis(port=server.port)
    last = "0"
    while count > 0:
        found = client.xread({"bench": last}, count=1000)[0][1]
        last = found[-1][0]
        count -= len(found)


def nats_server(folder):
    port = free_port()
    return Server(["nats-server", "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", folder], port)


def nats_in(server, count):
    import nats

    async def run():
        client = await nats.connect(f"nats://127.0.0.1:{server.port}", pending_size=64 << 20)
        stream = client.jetstream(publish_async_max_pending=4000)
        await stream.add_stream(name="bench", subjects=["bench"])
        for start in range(0, count, 1000):
            futures = [await stream.publish_async("bench", PAYLOAD) for _ in range(min(1000, count - start))]
            await asyncio.gather(*futures)
        await client.close()

    asyncio.run(run())


def nats_out(server, count):
    import nats

    async def run():
        client = await nats.connect(f"nats://127.0.0.1:{server.port}")
        reader = await client.jetstream().pull_subscribe("bench", durable="bench")
        left = count
        while left > 0:
            messages = await reader.fetch(min(1000, left), timeout=10)
            for message in messages:
                await message.ack()
            left -= len(messages)
        await client.close()

    asyncio.run(run())


def rabbitmq_server(folder):
    amqp, streams = free_port(), free_port()
    environment = {
        "HOME": folder,
        "RABBITMQ_NODENAME": f"bench{amqp}@localhost",
        "RABBITMQ_NODE_PORT": str(amqp),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia",
        "RABBITMQ_LOG_BASE": f"{folder}/log",
        "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins",
        "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq.conf",
        "RABBITMQ_PID_FILE": f"{folder}/pid",
        "ERL_EPMD_PORT": str(free_port()),
    }
    Path(folder, "plugins").write_text("[rabbitmq_stream].\n")
    Path(folder, "rabbitmq.conf").write_text(
        f"stream.listeners.tcp.1 = 127.0.0.1:{streams}\n"
        f"stream.advertised_host = 127.0.0.1\nstream.advertised_port = {streams}\n"
    )
    # The command in PATH changes the user; the server itself is what it starts.
    return Server(["/usr/lib/rabbitmq/bin/rabbitmq-server"], streams, environment)


def rabbitmq_in(server, count):
    from rstream import AMQPMessage, Producer

    async def run():
        confirmed = 0
        done = asyncio.Event()

        async def told(status):
            nonlocal confirmed
            confirmed += 1
            if confirmed == count:
                done.set()

        async with Producer("127.0.0.1", server.port, username="guest", password="guest") as producer:
            await producer.create_stream("bench")
            for start in range(0, count, 1000):
                batch = [AMQPMessage(body=PAYLOAD) for _ in range(min(1000, count - start))]
                await producer.send_batch("bench", batch, on_publish_confirm=told)
            await asyncio.wait_for(done.wait(), 60)

    asyncio.run(run())


def rabbitmq_out(server, count):
    from rstream import Consumer, ConsumerOffsetSpecification, OffsetType

    async def run():
        seen = 0
        consumer = Consumer("127.0.0.1", server.port, username="guest", password="guest")

        def take(message, context):
            nonlocal seen
            seen += 1
            if seen == count:
                consumer.stop()

        await consumer.start()
        first = ConsumerOffsetSpecification(OffsetType.FIRST)
        await consumer.subscribe("bench", take, decoder=bytes, offset_specification=first)
        await consumer.run()
        await consumer.close()

    asyncio.run(run())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sluice")
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--only", action="append")
    options = parser.parse_args()
    systems = {
        "sluice, confluent-kafka, flush: always": (lambda f: sluice(options.sluice, f, "always"), confluent_in, confluent_out),
        "sluice, confluent-kafka, flush: os": (lambda f: sluice(options.sluice, f, "os"), confluent_in, confluent_out),
        "sluice, kcat, flush: always": (lambda f: sluice(options.sluice, f, "always"), kcat_in, kcat_out),
        "sluice, kcat, flush: os": (lambda f: sluice(options.sluice, f, "os"), kcat_in, kcat_out),
        "Redis Streams, appendonly": (redis_server, redis_in, redis_out),
        "NATS JetStream, file": (nats_server, nats_in, nats_out),
        "RabbitMQ streams": (rabbitmq_server, rabbitmq_in, rabbitmq_out),
    }
    print("| server | in, CPU-s | out, CPU-s | both |\n|---|---|---|---|", flush=True)
    for name, (start, put, get) in systems.items():
        if options.only and not any(name.startswith(each) for each in options.only):
            continue
        folder = tempfile.mkdtemp(prefix="sluice-messaging-")
        server = start(folder)
        try:
            costs = [server.cpu()]
            for work in (put, get):
                work(server, options.messages)
                costs.append(server.cpu())
        finally:
            server.stop()
            shutil.rmtree(folder, ignore_errors=True)
        per_million = [(b - a) * 1e6 / options.messages for a, b in zip(costs, costs[1:])]
        print(f"| {name} | {per_million[0]:.2f} | {per_million[1]:.2f} | {sum(per_million):.2f} |", flush=True)


main()
