import Foundation

/// Records out of the page cache, against a bare NIO handler that sends regions of a file. The goal of the issue: 4 GB per CPU-second.
struct FetchBench {
    let runs: Int
    let workplace: Workplace

    private static let storedBytes = 512 << 20
    private static let readBytes = 4 << 30
    private static let topic = "bench"

    func run() async throws {
        show("## Broker: fetch from the page cache, one connection\n")
        show("| fetched at a time KiB | bare NIO FileRegion MB per CPU-s | broker MB per CPU-s | ratio |")
        show("|---|---|---|---|")
        let batch = try BenchRequest.batch(bytes: 64 << 10, records: 100)
        for kibibytes in [256, 1024] {
            var (bare, broker, ratios): ([Double], [Double], [Double]) = ([], [], [])
            for _ in 0..<runs {
                let bareRate = try await workplace.withFolder { folder in
                    try writeFile(folder + "/frames", batch.encoded())
                    let server = try ServerProcess("sluice-bench") { port in
                        [
                            "bare-server", "--port", "\(port)", "--file", folder + "/frames", "--region",
                            "\(kibibytes << 10)",
                        ]
                    }
                    let connection = try Connection(port: server.port)
                    let request = BenchRequest.fetch(Self.topic, from: 0, bytesMax: Int32(kibibytes << 10))
                    var bytes = 0
                    let cost = try server.cost {
                        while bytes < Self.readBytes {
                            try connection.send(request)
                            bytes += try connection.receive { $0.count }
                        }
                    }
                    server.stop()
                    return Double(bytes) / 1e6 / cost
                }
                let brokerRate = try await workplace.withFolder { folder in
                    let server = try ServerProcess.broker(in: folder, flush: "os")
                    let count = Self.storedBytes / batch.sizeInBytes
                    try fill(server, BenchRequest.produce(batch, to: Self.topic), count: count)
                    let (bytes, cost) = try read(
                        server, batchBytes: batch.sizeInBytes, records: batch.recordCount, count: count,
                        bytesMax: Int32(kibibytes << 10))
                    server.stop()
                    return Double(bytes) / 1e6 / cost
                }
                bare.append(bareRate)
                broker.append(brokerRate)
                ratios.append(brokerRate / bareRate)
            }
            let cells = [bare.median.text(places: 0), broker.median.text(places: 0), ratios.median.text(places: 2)]
            show("| \(kibibytes) | \(cells.joined(separator: " | ")) |")
        }
        show("")
    }

    /// Written piece by piece, as the broker's segment is: a file of one large write has larger pages, which are sent faster.
    private func writeFile(_ path: String, _ piece: [UInt8]) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT, 0o644)
        defer { close(descriptor) }
        for number in 0..<Self.storedBytes / piece.count {
            guard pwrite(descriptor, piece, piece.count, number * piece.count) == piece.count else {
                throw BenchFailure(description: "\(path) cannot be written")
            }
        }
    }

    private func fill(_ server: ServerProcess, _ request: [UInt8], count: Int) throws {
        let connection = try Connection(port: server.port)
        try connection.makeTopic(Self.topic)
        for _ in 0..<count {
            try connection.send(request)
            try connection.receiveProduced(Self.topic)
        }
    }

    /// Reads the topic again and again, from its start to its end.
    private func read(
        _ server: ServerProcess, batchBytes: Int, records: Int, count: Int, bytesMax: Int32
    ) throws -> (bytes: Int, cost: Double) {
        let connection = try Connection(port: server.port)
        var bytes = 0
        let cost = try server.cost {
            var batch = 0
            while bytes < Self.readBytes {
                try connection.send(
                    BenchRequest.fetch(Self.topic, from: Int64(batch * records), bytesMax: bytesMax))
                let found = try connection.receive { BenchRequest.fetchedBytes($0, topic: Self.topic) }
                guard found > 0, found % batchBytes == 0 else {
                    throw BenchFailure(description: "\(found) bytes are not whole batches")
                }
                bytes += found
                batch = (batch + found / batchBytes) % count
            }
        }
        return (bytes, cost)
    }
}
