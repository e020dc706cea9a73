import EmbeddedBinder
import SettingsLoader
import Streams

let names = ["requests", "split", "failed", "tell"]
let settings = try ConfigurationLoader(paths: ["Examples/ThreeStages/pipeline.yaml"], knownStages: names).settings()
let binder = try await EmbeddedLogBinder.open(directory: ".build/three-stages")
let app = try StreamApplication(settings: settings, binders: ["embedded": binder])

let requests = app.source("requests")
app.stage("split") { line in line.text.split(separator: ";").map { Message(String($0)) } }
app.stage("failed") { request in (request["status"]?.int ?? 0) >= 500 ? request : nil }
app.stage("tell") { failure in print("failed:", failure["path"]?.string ?? "?") }

async let running: Void = app.run()
while let line = readLine() { try await requests.send(Message(line)) }
await app.waitUntilIdle()
await app.shutdown()
try await running
try await binder.close()
