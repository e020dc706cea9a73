"""The other side of the cross-check: kafka-python's record classes and PyPI's codecs.

    records.py read FILE                  prints the batches in FILE as JSON
    records.py write CODEC FILE           reads records as JSON from standard input, writes them as one batch per list
    records.py compress VARIANT IN OUT    compresses the file IN
    records.py decompress CODEC IN OUT    decompresses the file IN
"""

import base64
import gzip
import json
import sys

import lz4.frame
import snappy
import zstandard
from kafka import codec as kafka_codec
from kafka.record.default_records import DefaultRecordBatchBuilder
from kafka.record.memory_records import MemoryRecords

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


def to_text(data):
    return None if data is None else base64.b64encode(bytes(data)).decode()


def from_text(text):
    return None if text is None else base64.b64decode(text)


def read(path):
    records = MemoryRecords(open(path, "rb").read())
    batches = []
    while records.has_next():
        batch = records.next_batch()
        batches.append({
            "baseOffset": batch.base_offset,
            "lastOffset": batch.last_offset,
            "leaderEpoch": batch.leader_epoch,
            "isChecksumValid": batch.validate_crc(),
            "codec": CODECS[batch.compression_type],
            "isTransactional": batch.is_transactional,
            "isControl": batch.is_control_batch,
            "producerId": batch.producer_id,
            "producerEpoch": batch.producer_epoch,
            "baseSequence": batch.base_sequence,
            "maxTimestamp": batch.max_timestamp,
            "records": [
                {
                    "offset": record.offset,
                    "timestamp": record.timestamp,
                    "key": to_text(record.key),
                    "value": to_text(record.value),
                    "headers": [{"name": name, "value": to_text(value)} for name, value in record.headers],
                }
                for record in batch
            ],
        })
    json.dump(batches, sys.stdout)


def write(codec, path):
    with open(path, "wb") as output:
        for records in json.load(sys.stdin):
            builder = DefaultRecordBatchBuilder(
                magic=2, compression_type=CODECS.index(codec), is_transactional=True, producer_id=4711,
                producer_epoch=3, base_sequence=17, batch_size=1 << 30)
            for record in records:
                builder.append(
                    record["offset"], record["timestamp"], from_text(record.get("key")), from_text(record.get("value")),
                    [(header["name"], from_text(header.get("value"))) for header in record["headers"]])
            output.write(builder.build())


COMPRESS = {
    "gzip": lambda data: gzip.compress(data),
    "gzip-members": lambda data: gzip.compress(data[: len(data) // 2]) + gzip.compress(data[len(data) // 2:]),
    "snappy-xerial": lambda data: kafka_codec.snappy_encode(data),
    "snappy-raw": lambda data: snappy.compress(data),
    "lz4": lambda data: lz4.frame.compress(data),
    "lz4-linked-unsized": lambda data: lz4.frame.compress(data, block_linked=True, store_size=False),
    "lz4-checked": lambda data: lz4.frame.compress(data, content_checksum=True, block_checksum=True, block_linked=False),
    "zstd": lambda data: zstandard.ZstdCompressor().compress(data),
    "zstd-unsized": lambda data: zstandard.ZstdCompressor(write_content_size=False).compress(data),
}

DECOMPRESS = {
    "gzip": gzip.decompress,
    "snappy": kafka_codec.snappy_decode,
    "lz4": lz4.frame.decompress,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompress(data),
}


def convert(function, source, target):
    with open(source, "rb") as data, open(target, "wb") as output:
        output.write(function(data.read()))


command, *arguments = sys.argv[1:]
if command == "read":
    read(*arguments)
elif command == "write":
    write(*arguments)
elif command == "compress":
    convert(COMPRESS[arguments[0]], *arguments[1:])
elif command == "decompress":
    convert(DECOMPRESS[arguments[0]], *arguments[1:])
else:
    sys.exit(__doc__)
