"""Captures the golden requests of Tests/KafkaProtocolTests/Golden from real clients: `make golden`.

Every client runs its scenarios against a broker behind a proxy, which keeps one request of each API and version. The broker listens on 127.0.0.2 and tells clients
that it is to be found on 127.0.0.1, where the proxy listens on the same port.
"""

import asyncio
import glob
import pathlib
import re
import socket
import subprocess
import sys
import tempfile

from capture_proxy import CaptureProxy

ROOT = pathlib.Path(__file__).parent.parent.parent
CLIENTS = ROOT / "Tests/Clients"
GOLDEN = ROOT / "Tests/KafkaProtocolTests/Golden"
# Scenarios that only repeat what others ask for.
REPEATED = ["connections", "large", "compaction", "thousand-partitions", "partitions"]
sluice = sys.argv[1]
python = sys.executable
jars = pathlib.Path(sys.prefix) / "java"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def commands(folder):
    """What is to be run, each list against a broker of its own; `SERVER` stands for its address."""
    lines = folder / "lines"
    lines.write_text("key:one\nkey:two\n")
    kcat = ["kcat", "-b", "SERVER", "-X", "client.id=kcat"]
    write = [*kcat, "-P", "-t", "kcat", "-K:", "-l", str(lines)]
    yield [
        [*kcat, "-L"],
        [*write, "-z", "zstd"],
        [*write, "-X", "enable.idempotence=true"],
        [*kcat, "-C", "-t", "kcat", "-o", "beginning", "-e"],
        [*kcat, "-Q", "-t", "kcat:0:1000"],
        [*kcat, "-G", "group", "kcat", "-c", "2", "-X", "auto.offset.reset=earliest"],
    ]
    # Long enough for heartbeats; it leaves its group then.
    for_a_while = ["timeout", "--preserve-status", "--signal", "TERM", "6"]
    for library in ["confluent-range", "kafka-python", "aiokafka"]:
        yield [write, [*for_a_while, python, str(CLIENTS / "group_member.py"), library, "SERVER", "group", "kcat"]]
    for client in ["confluent_kafka", "kafka_python", "aiokafka"]:
        script = CLIENTS / f"with_{client}.py"
        for scenario in scenarios(script.read_text()):
            yield [[python, str(script), "SERVER", scenario]]
    for script in ["transactions_librdkafka.py", "transactions_python.py", "groups_admin.py"]:
        yield [[python, str(CLIENTS / script), "SERVER"]]
    for scenario in ["topics", "configs", "cluster"]:
        yield [[python, str(CLIENTS / "administration.py"), "SERVER", scenario]]
    sources = sorted(glob.glob(f"{CLIENTS}/java/*.java"))
    classes = folder / "classes"
    subprocess.run(["javac", "-cp", f"{jars}/*", "-d", classes, *sources], check=True)
    yield [write, [*for_a_while, "java", "-cp", f"{jars}/*:{classes}", "Main", "SERVER", "member", "RangeAssignor", "group", "kcat"]]
    for scenario in re.findall(r'Map.entry\("([^"]+)"', (CLIENTS / "java/Main.java").read_text()):
        if scenario not in REPEATED:
            yield [["java", "-cp", f"{jars}/*:{classes}", "Main", "SERVER", scenario]]


def scenarios(text):
    """Those of a script's table."""
    names = re.search(r"for scenario in \[([\w, ]+)\]", text)[1].split(", ")
    return [name for name in names if name not in REPEATED]


def names():
    """The APIs' names by their keys, from the files of the messages."""
    files = (ROOT / "Sources/KafkaProtocol/Messages").glob("[0-9]*_*.swift")
    return {int(file.stem.split("_")[0]): file.stem for file in files}


async def run(proxy, commands, folder):
    """Runs commands against a new broker behind the proxy."""
    port = free_port()
    log = folder / "log"
    log.unlink(missing_ok=True)
    broker = await asyncio.create_subprocess_exec(
        sluice, "broker", "--listen", f"127.0.0.2:{port}", "--advertise", "127.0.0.1", "--data-dir", folder / f"data-{port}", stderr=log.open("wb")
    )
    try:
        while "are served at" not in log.read_text():
            assert broker.returncode is None, log.read_text()
            await asyncio.sleep(0.05)
        proxy.upstream = ("127.0.0.2", port)
        async with await proxy.start("127.0.0.1", port):
            for command in commands:
                words = (str(word).replace("SERVER", f"127.0.0.1:{port}") for word in command)
                process = await asyncio.create_subprocess_exec(*words, stdout=subprocess.DEVNULL)
                assert await process.wait() == 0, command
    finally:
        broker.terminate()
        await broker.wait()


async def main():
    proxy = CaptureProxy()
    with tempfile.TemporaryDirectory() as name:
        for each in commands(pathlib.Path(name)):
            await run(proxy, each, pathlib.Path(name))
    write(proxy.frames)


def write(frames):
    GOLDEN.mkdir(exist_ok=True)
    for old in GOLDEN.glob("*.txt"):
        old.unlink()
    served = names()
    by_api = {}
    for (client, key, version), frame in sorted(frames.items()):
        # A version that is not served is asked for by ApiVersions only, and answered with what is.
        if key in served:
            by_api.setdefault(served[key], []).append(f"{client} {version} {frame.hex()}\n")
    for api, lines in by_api.items():
        (GOLDEN / f"{api}.txt").write_text("".join(lines))
    print(f"{sum(map(len, by_api.values()))} requests of {len(by_api)} APIs")


asyncio.run(main())
