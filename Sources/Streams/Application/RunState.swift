/// One worker of an application.
struct WorkerName: Hashable, Sendable {
    /// The stage's or chain's name.
    let stage: String
    /// Its number among the stage's workers, from 0.
    let index: Int
    /// The input binding it reads.
    let binding: String
}

/// What an application was told to do, and how far its workers have come with it. Shared by all workers.
struct RunState: Sendable {
    /// The stations of an application's life, in their order.
    enum Phase: Sendable {
        case ready
        /// Names are checked and topics made.
        case starting
        case running
        /// Workers finish what was delivered to them and end.
        case draining
        case ended
    }

    var phase = Phase.ready
    /// The names of the input bindings that are held.
    var paused: Set<String> = []
    /// The workers of the present run.
    var workers: Set<WorkerName> = []
    /// The latest question "is there anything left to do?"
    var idleRound = 0
    /// The latest such question each worker has answered with no.
    var idleAnswers: [WorkerName: Int] = [:]

    /// Whether the worker is to read and process.
    func wants(_ worker: WorkerName) -> Bool { phase == .running && !paused.contains(worker.binding) }

    /// Whether an idle question waits for the worker.
    func asks(_ worker: WorkerName) -> Bool { idleAnswers[worker, default: 0] < idleRound }

    /// Whether every worker that is not held has answered the question.
    func isAnswered(_ round: Int) -> Bool {
        workers.allSatisfy { paused.contains($0.binding) || idleAnswers[$0, default: 0] >= round }
    }
}
