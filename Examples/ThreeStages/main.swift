import EmbeddedBinder
import SettingsLoader
import Streams

let file = "Examples/ThreeStages/pipeline.yaml"
let settings = try ConfigurationLoader(paths: [file], knownStages: ["split", "failed", "tell"]).settings()
let binder = try await EmbeddedLogBinder.open(directory: ".build/three-stages")
let app = try StreamApplication(settings: settings, binders: ["embedded": binder])

let lines = app.source("lines")
app.stage("split") { line in line.text.split(separator: ";").map { Message(String($0)) } }
app.stage("failed") { request in (request["status"]?.int ?? 0) >= 500 ? request : nil }
app.stage("tell") { failure in print("failed:", failure["path"]?.string ?? "?") }

async let running: Void = app.run()
while let line = readLine() { try await lines.send(Message(line)) }
await app.waitUntilIdle()
await app.shutdown()
try await running
try await binder.close()
