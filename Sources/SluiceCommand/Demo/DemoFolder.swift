import Foundation

/// Where a demo keeps its log and the file it tails: a folder the user named, or one that goes when the demo ends.
struct DemoFolder {
    let path: String
    private let isTemporary: Bool

    var accessLog: String { path + "/demo/access.log" }

    init(kept: String?) throws {
        isTemporary = kept == nil
        // The agent's patterns are absolute.
        path =
            kept.map { URL(filePath: $0).absoluteURL.path }
            ?? FileManager.default.temporaryDirectory.appending(path: "sluice-demo-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path + "/demo", withIntermediateDirectories: true)
        if !FileManager.default.fileExists(atPath: accessLog) {
            try Data().write(to: URL(filePath: accessLog))
        }
    }

    func removeIfTemporary() {
        // Left behind, it is one more folder among the temporary ones.
        if isTemporary { try? FileManager.default.removeItem(atPath: path) }
    }
}
