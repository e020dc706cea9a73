import Foundation
import Testing

/// The plan of the house, held against the sources: who imports whom, and how long a file may be.
@Suite("The house")
struct HouseTests {
    /// The rooms each room may import directly; what those may import, it may import too. `docs/decisions/0001-rooms.md` says why.
    static let plan: [String: Set<String>] = [
        "Compression": ["CDeflate", "CZstd", "CLZ4", "CSnappy"],
        "Records": ["Compression", "CCRC32C"],
        "SegmentedLog": ["Records", "CLinux"],
        "BrokerCore": ["SegmentedLog", "Settings"],
        "KafkaProtocol": ["Records"],
        "KafkaServer": ["BrokerCore", "KafkaProtocol"],
        "KafkaClient": ["CRdKafka", "Records"],
        "Settings": [],
        "SettingsLoader": ["Settings"],
        "BinderKit": ["Records", "Settings"],
        "BinderConformance": ["BinderKit"],
        "EmbeddedBinder": ["BinderKit", "BrokerCore"],
        "AccessLogs": ["CByteMask"],
        "Streams": ["BinderKit", "AccessLogs", "CByteMask"],
        "LogAgent": ["BinderKit", "AccessLogs"],
        "SluiceCommand": [
            "CMalloc", "EmbeddedBinder", "KafkaClient", "KafkaServer", "Streams", "LogAgent", "SettingsLoader",
        ],
        "SluiceBench": ["CLinux", "EmbeddedBinder", "KafkaProtocol", "Streams", "LogAgent", "SettingsLoader"],
        // For tests: it may import no room, and no room imports it.
        "TestSupport": [],
        // For tests as well: the disk that fails.
        "DiskSimulation": ["SegmentedLog", "TestSupport"],
    ]

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func swiftFiles(below folders: [String]) throws -> [URL] {
        try folders.flatMap { folder in
            let directory = root.appending(path: folder)
            let names = try FileManager.default.subpathsOfDirectory(atPath: directory.path)
            return names.filter { $0.hasSuffix(".swift") || $0.hasSuffix(".c") || $0.hasSuffix(".h") }
                .map { directory.appending(path: $0) }
        }
    }

    static func allowed(for room: String) -> Set<String> {
        var result: Set<String> = []
        var open = plan[room] ?? []
        while let next = open.popFirst() {
            guard result.insert(next).inserted else { continue }
            open.formUnion(plan[next] ?? [])
        }
        return result
    }

    static func isRoom(_ module: String) -> Bool {
        plan[module] != nil || plan.values.contains { $0.contains(module) }
    }

    @Test("every room of Package.swift depends only on what the plan allows")
    func packageFollowsThePlan() throws {
        let package = try String(contentsOf: Self.root.appending(path: "Package.swift"), encoding: .utf8)
        let room = /\n        (?:room|command)\("(\w+)"(?:, \[([^\]]*)\])?/
        let rooms = package.matches(of: room)
        #expect(rooms.count >= 10, "the pattern no longer finds the rooms in Package.swift")
        for match in rooms {
            let name = String(match.1)
            #expect(Self.plan[name] != nil, "\(name) is not in the plan of the house")
            for dependency in (match.2 ?? "").matches(of: /"(\w+)"/) {
                #expect(
                    Self.allowed(for: name).contains(String(dependency.1)),
                    "Package.swift: \(name) depends on \(dependency.1), which the plan does not allow")
            }
        }
    }

    @Test("every import of a room is one the plan allows")
    func importsFollowThePlan() throws {
        var seen = 0
        for file in try Self.swiftFiles(below: ["Sources", "Tests/TestSupport", "Tests/DiskSimulation"])
        where file.pathExtension == "swift" {
            let path = file.path.dropFirst(Self.root.path.count + 1)
            let room = String(path.split(separator: "/")[1])
            let text = try String(contentsOf: file, encoding: .utf8)
            let importLine =
                /(?m)^(?:@\w+ |package |public |internal |fileprivate |private )*import (?:struct |class |enum |func )?(\w+)/
            for match in text.matches(of: importLine) {
                let module = String(match.1)
                guard Self.isRoom(module) else { continue }
                seen += 1
                #expect(
                    Self.allowed(for: room).contains(module),
                    "\(path): \(room) imports \(module), which the plan does not allow")
            }
        }
        #expect(seen > 20, "the pattern no longer finds imports")
    }

    @Test("no source file is longer than 600 lines")
    func filesAreShort() throws {
        for file in try Self.swiftFiles(below: ["Sources", "Tests", "Examples"]) {
            let newlines = try String(contentsOf: file, encoding: .utf8).count { $0.isNewline }
            #expect(newlines <= 600, "\(file.path) has \(newlines) lines; split it by concept")
        }
    }

    @Test(
        "the README shows the example program and its bindings as they are", arguments: ["main.swift", "pipeline.yaml"])
    func readmeShowsTheExample(file: String) throws {
        let readme = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
        let example = try String(contentsOf: Self.root.appending(path: "Examples/ThreeStages/\(file)"), encoding: .utf8)
        #expect(readme.contains("\n" + example + "```"))
        #expect(file != "main.swift" || example.split(separator: "\n").count <= 20)
    }

    @Test("every page that a Markdown page links to exists")
    func linksLead() throws {
        let folder = Self.root
        let pages =
            try FileManager.default.subpathsOfDirectory(atPath: folder.appending(path: "docs").path)
            .filter { $0.hasSuffix(".md") }.map { "docs/" + $0 } + ["README.md", "CHANGELOG.md"]
        var links = 0
        for page in pages {
            let text = try String(contentsOf: folder.appending(path: page), encoding: .utf8)
            for match in text.matches(of: /\]\(([^)#: ]+)(?:#[^)]*)?\)/) {
                links += 1
                let target = folder.appending(path: page).deletingLastPathComponent().appending(path: String(match.1))
                let isThere = FileManager.default.fileExists(atPath: target.path)
                #expect(isThere, "\(page) links to \(match.1), which is not there")
            }
        }
        #expect(links > 5)
    }
}
