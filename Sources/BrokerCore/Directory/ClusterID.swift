import SegmentedLog

/// The data directory's name among others: 128 random bits in hexadecimal, made once.
enum ClusterID {
    static func read(directory: String, disk: any Disk, spending ballast: Ballast) throws(BrokerError) -> String {
        let file = ChecksummedFile(directory: directory, name: "cluster-id", title: "sluice-cluster-id 1", disk: disk)
        if let lines = try file.read() {
            guard lines.count == 1, let id = lines.first, !id.isEmpty else {
                throw BrokerError(.corrupt, "the one line of the cluster's id is needed", path: file.path)
            }
            return String(id)
        }
        let id = TopicDescription.randomId()
        try file.replace(with: [id], spending: ballast)
        return id
    }
}
