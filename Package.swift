// swift-tools-version: 6.2
import PackageDescription

// CI sets this variable: a warning is an error there, and no newcomer's build breaks on a newer compiler's new warning.
let warnings: [SwiftSetting] = Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)]
let settings: [SwiftSetting] = [.enableUpcomingFeature("ExistentialAny")] + warnings

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

/// A room of the house. Which rooms it may import stands in `docs/decisions/0001-rooms.md` and is checked by a test.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// An executable, which composes rooms.
func command(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests of one room, on the real thing.
func tests(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = [], exclude: [String] = [])
    -> Target
{
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: settings)
}

let package = Package(
    name: "sluice",
    products: [
        .executable(name: "sluice", targets: ["SluiceCommand"]),
        .executable(name: "sluice-bench", targets: ["SluiceBench"]),
        .library(name: "Streams", targets: ["Streams", "EmbeddedBinder", "SettingsLoader"]),
        .library(name: "BinderKit", targets: ["BinderKit", "BinderConformance"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // The C libraries, and what they are called on Debian.
        .systemLibrary(name: "CDeflate", providers: [.apt(["libdeflate-dev"])]),
        .systemLibrary(name: "CLZ4", providers: [.apt(["liblz4-dev"])]),
        .systemLibrary(name: "CRdKafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CSnappy", providers: [.apt(["libsnappy-dev"])]),
        .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CByteMask"),
        .target(name: "CCRC32C"),
        .target(name: "CMalloc"),
        .target(name: "CLinux"),

        // The rooms, from the bytes up.
        room("Compression", ["CDeflate", "CLZ4", "CSnappy", "CZstd"]),
        room("Records", ["CCRC32C", "Compression"]),
        room("SegmentedLog", ["CLinux", "Records"]),
        room("BrokerCore", ["SegmentedLog", "Settings", logging]),
        room("KafkaProtocol", ["Records"]),
        room("KafkaServer", ["BrokerCore", "KafkaProtocol", logging, nioCore, nioPosix]),
        room("KafkaClient", ["CRdKafka", "Records"]),
        room("Settings"),
        room("SettingsLoader", ["Settings", yams]),
        room("BinderKit", ["Records", "Settings"]),
        room("BinderConformance", ["BinderKit"]),
        room("EmbeddedBinder", ["BinderKit", "BrokerCore"]),
        room("AccessLogs", ["CByteMask"]),
        room("Streams", ["AccessLogs", "BinderKit", "CByteMask", lifecycle, logging, metrics]),
        room("LogAgent", ["AccessLogs", "BinderKit", logging, metrics]),
        command(
            "SluiceCommand",
            [
                "CMalloc", "EmbeddedBinder", "KafkaClient", "KafkaServer", "LogAgent", "SettingsLoader", "Streams",
                argumentParser,
                logging, unixSignals,
            ]),
        command(
            "SluiceBench",
            [
                "CLinux", "EmbeddedBinder", "KafkaProtocol", "LogAgent", "SettingsLoader", "Streams", argumentParser,
                nioCore, nioPosix,
            ]),
        .executableTarget(
            name: "ThreeStages", dependencies: ["EmbeddedBinder", "SettingsLoader", "Streams"],
            path: "Examples/ThreeStages", exclude: ["pipeline.yaml"], swiftSettings: settings),

        // The tests, each on the real thing, and what several of them need.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
        .target(
            name: "DiskSimulation", dependencies: ["SegmentedLog", "TestSupport"], path: "Tests/DiskSimulation",
            swiftSettings: settings),
        tests("CompressionTests", ["Compression"]),
        tests("RecordsTests", ["CCRC32C", "Compression", "Records", "TestSupport"]),
        tests("SegmentedLogTests", ["DiskSimulation", "SegmentedLog", "TestSupport"]),
        tests("BrokerCoreTests", ["BrokerCore", "DiskSimulation", "TestSupport"]),
        tests("KafkaProtocolTests", ["KafkaProtocol", "Records", "TestSupport"], exclude: ["Golden"]),
        tests(
            "KafkaServerTests",
            ["BrokerCore", "KafkaServer", "Records", "SegmentedLog", "TestSupport", logging, nioCore]),
        tests("EmbeddedBinderTests", ["EmbeddedBinder", "TestSupport"]),
        tests("SettingsTests", ["Settings"]),
        tests("SettingsLoaderTests", ["SettingsLoader", "TestSupport"], exclude: ["Broken", "Good"]),
        tests("BinderConformanceTests", ["BinderConformance", "EmbeddedBinder", "TestSupport"]),
        tests("AccessLogsTests", ["AccessLogs", "TestSupport"]),
        tests("StreamsTests", ["CByteMask", "EmbeddedBinder", "SettingsLoader", "Streams", "TestSupport"]),
        tests("LogAgentTests", ["EmbeddedBinder", "LogAgent", "TestSupport"]),
        tests("EndToEndTests", ["SluiceCommand", "TestSupport"], exclude: ["Broken"]),
        tests("StructureTests"),
    ],
    swiftLanguageModes: [.v6]
)
