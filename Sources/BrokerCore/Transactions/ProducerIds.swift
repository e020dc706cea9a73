import SegmentedLog

/// Gives out producer ids, each once in the life of the data directory: blocks of them are reserved durably before the first is used.
actor ProducerIds {
    static let blockSize: Int64 = 1000
    private let file: ChecksummedFile
    private var next: Int64
    private var reservedEnd: Int64

    init(directory: String, disk: any Disk) throws(BrokerError) {
        file = ChecksummedFile(directory: directory, name: "producer-ids", title: "sluice-producer-ids 1", disk: disk)
        var end: Int64 = 0
        if let lines = try file.read() {
            guard lines.count == 1, let number = Int64(lines[0]), number >= 0 else {
                throw BrokerError(.corrupt, "the one number of the next free producer id is needed", path: file.path)
            }
            end = number
        }
        next = end
        reservedEnd = end
    }

    func take() throws(BrokerError) -> Int64 {
        if next == reservedEnd {
            let (end, overflow) = reservedEnd.addingReportingOverflow(Self.blockSize)
            guard !overflow else { throw BrokerError(.io, "the producer ids are used up", path: file.path) }
            try file.replace(with: ["\(end)"])
            reservedEnd = end
        }
        defer { next += 1 }
        return next
    }
}
