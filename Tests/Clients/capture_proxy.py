"""Stands between clients and a broker and keeps of each API and version one request, as it came."""

import asyncio
import struct

# Frames up to this size are kept the longest of: it has the most fields. Where all are longer the shortest is.
KEPT_BYTES = 1500

# What the clients call themselves, at the beginning.
CLIENTS = {"aiokafka": "aiokafka", "confluent-kafka": "rdkafka", "java": "java-4.3.0", "kafka-python": "kafka-python", "kcat": "kcat"}


class CaptureProxy:
    def __init__(self):
        self.upstream = None
        # By client, API and version.
        self.frames = {}

    async def start(self, host, port):
        return await asyncio.start_server(self._serve, host, port)

    async def _serve(self, reader, writer):
        up_reader, up_writer = await asyncio.open_connection(*self.upstream)
        await asyncio.gather(self._requests(reader, up_writer), self._answers(up_reader, writer), return_exceptions=True)

    async def _requests(self, reader, writer):
        try:
            while True:
                length = await reader.readexactly(4)
                frame = await reader.readexactly(struct.unpack(">i", length)[0])
                self._keep(frame)
                writer.write(length + frame)
                await writer.drain()
        finally:
            writer.close()

    async def _answers(self, reader, writer):
        try:
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()

    def _keep(self, frame):
        key, version, _, length = struct.unpack(">hhih", frame[:10])
        name = frame[10 : 10 + max(length, 0)].decode()
        client = next((client for client, beginning in CLIENTS.items() if name.startswith(beginning)), None)
        if client is None:
            return
        kept = self.frames.get((client, key, version))
        if kept is None or self._rank(frame) > self._rank(kept):
            self.frames[client, key, version] = frame

    @staticmethod
    def _rank(frame):
        return (len(frame) <= KEPT_BYTES, len(frame) if len(frame) <= KEPT_BYTES else -len(frame))
