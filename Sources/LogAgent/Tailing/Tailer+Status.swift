extension Tailer {
    /// The most problems listed in a status.
    private static let problemsMax = 32

    /// Whether nothing is left to decide: no copy to be judged, no generation to be settled, no file that waits for a descriptor.
    var isSettled: Bool {
        orphans.isEmpty && waitingForRoom.isEmpty
            && table.files.allSatisfy { $0.isReading || $0.isConfirmedCopy || $0.problem != nil }
    }

    /// Fills in what is known of the files.
    func describe(in status: inout InputStatus) {
        status.files = table.files.count
        status.openFiles = openFiles
        status.truncations = truncations
        var lagBytes: Int64 = 0
        var listed: [InputStatus.FileProblem] = []
        for file in table.files {
            if file.isReading { lagBytes += file.generation.unreadBytes }
            if let problem = file.problem { listed.append(.init(path: file.generation.path, message: problem)) }
        }
        status.lagBytes = lagBytes
        listed += problems.map { .init(path: $0.key, message: $0.value) }
        status.problems = Array(listed.sorted { $0.path < $1.path }.prefix(Self.problemsMax))
    }
}
