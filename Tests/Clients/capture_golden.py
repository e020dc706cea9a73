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
sluice = sys.argv[1]
python = sys.executable
jars = pathlib.Path(sys.prefix) / "java"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def commands(server, folder):
    """The clients with what they are to run. Commands of one client run one after the other."""
    lines = folder / "lines"
    lines.write_text("key:one\nkey:two\n")
    kcat = ["kcat", "-b", server]
    yield "kcat", [*kcat, "-L"]
    for codec in ["none", "zstd"]:
        yield "kcat", [*kcat, "-P", "-t", "kcat", "-K:", "-z", codec, "-l", str(lines)]
    yield "kcat", [*kcat, "-P", "-t", "kcat", "-X", "enable.idempotence=true", "-l", str(lines)]
    yield "kcat", [*kcat, "-C", "-t", "kcat", "-o", "beginning", "-e"]
    yield "kcat", [*kcat, "-Q", "-t", "kcat:0:1000"]
    for client in ["confluent-kafka", "kafka-python", "aiokafka"]:
        script = CLIENTS / f"with_{client.replace('-', '_')}.py"
        for scenario in scenarios(script.read_text()):
            yield client, [python, str(script), server, scenario]
    sources = sorted(glob.glob(f"{CLIENTS}/java/*.java"))
    classes = folder / "classes"
    subprocess.run(["javac", "-cp", f"{jars}/*", "-d", classes, *sources], check=True)
    for scenario in re.findall(r'"([\w-]+)", \w+::', (CLIENTS / "java/Main.java").read_text()):
        yield "java", ["java", "-cp", f"{jars}/*:{classes}", "Main", server, scenario]


def scenarios(text):
    """Those of a script's table, but for what only repeats requests."""
    names = re.search(r"for scenario in \[([\w, ]+)\]", text)[1].split(", ")
    return [name for name in names if name not in ("connections", "large")]


def names():
    """The APIs' names by their keys, from the files of the messages."""
    files = (ROOT / "Sources/KafkaProtocol/Messages").glob("*.swift")
    return {int(file.stem.split("_")[0]): file.stem for file in files}


async def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        port = free_port()
        log = folder / "log"
        broker = await asyncio.create_subprocess_exec(
            sluice, "broker", "--listen", f"127.0.0.2:{port}", "--advertise", "127.0.0.1", "--data-dir", folder / "data", stderr=log.open("wb")
        )
        while "are served at" not in log.read_text():
            assert broker.returncode is None, log.read_text()
            await asyncio.sleep(0.05)
        proxy = CaptureProxy(("127.0.0.2", port))
        await proxy.start("127.0.0.1", port)
        for client, command in commands(f"127.0.0.1:{port}", folder):
            proxy.client = client
            process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.DEVNULL)
            assert await process.wait() == 0, command
        broker.terminate()
        assert await broker.wait() == 0, log.read_text()
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
