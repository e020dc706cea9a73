import BrokerCore
import KafkaProtocol
import Logging

/// Carries out requests on the broker. The APIs are in `Handlers`, one to a file.
final class Service: Sendable {
    let broker: Broker
    /// The one broker's number.
    let nodeId: Int32
    /// Where clients are told to find the broker.
    let host: String
    let port: Int
    let autoCreatesTopics: Bool
    let limits: ServerLimits
    /// The workers, and the connections that have ended and whose last requests are being carried out.
    let workers: WaitGroup
    let memory: RequestMemory
    let untaken: UntakenAnswers
    let pace: WritePace
    let logger: Logger
    /// For what is logged because of what a client asks for.
    let lines = LineLimit()

    init(
        broker: Broker, nodeId: Int32, host: String, port: Int, autoCreatesTopics: Bool, limits: ServerLimits,
        workers: WaitGroup, memory: RequestMemory, pace: WritePace, logger: Logger
    ) {
        self.broker = broker
        self.nodeId = nodeId
        self.host = host
        self.port = port
        self.autoCreatesTopics = autoCreatesTopics
        self.limits = limits
        self.workers = workers
        self.memory = memory
        untaken = UntakenAnswers(bytesMax: limits.untakenBytesMax)
        self.pace = pace
        self.logger = logger
    }

    /// Who asks.
    struct Client: Sendable {
        /// What it calls itself; empty for one that does not say.
        let id: String
        /// Where it comes from.
        let host: String
    }

    /// Begins a request; what it has to wait for is left to the answer.
    /// - Parameter host: where it comes from.
    /// - Throws: where the bytes are no request that is known, or records are refused that no answer was wanted for: the connection is to end.
    func begin(_ frame: [UInt8], from host: String) async throws(ProtocolError) -> Answer {
        var reader = FrameReader(frame)
        let header = try RequestHeader(&reader)
        guard let key = APIKey(rawValue: header.apiKey), key.versions.contains(header.version) else {
            return try unsupported(header)
        }
        let call = Call(key: key, header: header, body: reader)
        let client = Client(id: header.clientId ?? "", host: host)
        switch key {
        case .produce: return try beginProduce(call, frame)
        case .fetch:
            let request: FetchRequest = try call.request()
            return beginFetch(call, request)
        case .listOffsets: return try await call.now(listOffsets)
        case .metadata: return try await call.now(metadata)
        case .findCoordinator: return try await call.now(findCoordinator)
        case .apiVersions: return try await call.now { (_: ApiVersionsRequest) in ApiVersionsResponse() }
        case .createTopics: return try await call.now(createTopics)
        case .deleteTopics: return try await call.now(deleteTopics)
        case .deleteRecords: return try await call.now(deleteRecords)
        case .initProducerId: return try await call.now { await initProducerId($0, version: header.version) }
        case .offsetForLeaderEpoch: return try await call.now(offsetForLeaderEpoch)
        case .addPartitionsToTxn: return try await call.now { await addPartitionsToTxn($0, version: header.version) }
        case .addOffsetsToTxn: return try await call.now { await addOffsetsToTxn($0, version: header.version) }
        case .endTxn: return try await call.now { await endTxn($0, version: header.version) }
        case .txnOffsetCommit: return try await call.now { await txnOffsetCommit($0, version: header.version) }
        case .describeAcls: return try await call.now(describeAcls)
        case .createAcls: return try await call.now(createAcls)
        case .deleteAcls: return try await call.now(deleteAcls)
        case .describeConfigs: return try await call.now(describeConfigs)
        case .alterConfigs: return try await call.now(alterConfigs)
        case .describeLogDirs: return try await call.now(describeLogDirs)
        case .createPartitions: return try await call.now(createPartitions)
        case .electLeaders: return try await call.now(electLeaders)
        case .incrementalAlterConfigs: return try await call.now(incrementalAlterConfigs)
        case .listPartitionReassignments: return try await call.now(listPartitionReassignments)
        case .describeClientQuotas: return try await call.now(describeClientQuotas)
        case .alterClientQuotas: return try await call.now(alterClientQuotas)
        case .describeUserScramCredentials: return try await call.now(describeUserScramCredentials)
        case .alterUserScramCredentials: return try await call.now(alterUserScramCredentials)
        case .describeQuorum: return try await call.now(describeQuorum)
        case .describeCluster: return try await call.now(describeCluster)
        case .describeProducers: return try await call.now(describeProducers)
        case .describeTransactions: return try await call.now(describeTransactions)
        case .listTransactions: return try await call.now(listTransactions)
        case .listConfigResources: return try await call.now(listConfigResources)
        case .describeTopicPartitions: return try await call.now(describeTopicPartitions)
        // In their turn, so that what one of them waits for is over before the next: a member leaves behind its last commit.
        case .joinGroup: return try call.later { [self] in await joinGroup($0, from: client) }
        case .syncGroup: return try call.later(syncGroup)
        case .heartbeat: return try call.later(heartbeat)
        case .leaveGroup: return try call.later(leaveGroup)
        case .offsetCommit: return try call.later(offsetCommit)
        case .offsetFetch: return try call.later(offsetFetch)
        case .describeGroups: return try await call.now(describeGroups)
        case .listGroups: return try await call.now(listGroups)
        case .deleteGroups: return try call.later(deleteGroups)
        case .offsetDelete: return try call.later(offsetDelete)
        }
    }

    private func beginProduce(_ call: Call, _ frame: [UInt8]) throws(ProtocolError) -> Answer {
        let request: ProduceRequest = try call.request()
        let appended = produce(request, frame, version: call.header.version)
        // As Kafka does: a client that hears nothing learns by it that it has to look again.
        if request.acks == 0, let refusal = appended.refusal {
            broker.whenDurable(appended.waitsFor.map(\.append)) { _ in }
            throw ProtocolError(unanswered: refusal)
        }
        return .whenDone { [self] done in
            answer(call, appended) { done(request.acks == 0 ? nil : $0) }
        }
    }

    /// Gives the answer to what was appended once it is durable. That is waited for whether or not anybody is there to be told: the sync that makes the records visible begins with
    /// it. Where no answer is wanted it has its turn all the same, so that what waits for the disk is bounded there too.
    private func answer(_ call: Call, _ appended: Appended, _ done: @escaping @Sendable (Answer.Frame?) -> Void) {
        let frame = call.answer(appended.response)
        broker.whenDurable(appended.waitsFor.map(\.append)) { [self] result in
            guard case .failure = result else { return done(frame) }
            Task(executorPreference: RequestThreads.shared) { [self] in
                done(call.answer(await afterFailure(appended)))
            }
        }
    }

    /// What is there is found at once: an answer that needs no waiting needs no turn either, since it holds no records.
    private func beginFetch(_ call: Call, _ named: FetchRequest) -> Answer {
        // A small request could have the same partition looked at very often, and again whenever something comes.
        let request = named.partitionCount > Self.partitionsAtOnceMax ? named.withoutRepetitions : named
        if case .found(let response) = firstLook(request, waits: true) { return .ready(call.answer(response)) }
        return .later { [self] in call.answer(await fetch(request)) }
    }

    /// Longer requests take too long for an event loop: to be read, of a fetch; to be checked and written, of a produce.
    private static let fetchAtOnceMax = 4096
    private static let produceAtOnceMax = 2 << 20

    /// What can be begun on an event loop, since it takes some microseconds and waits for nobody: a fetch of records that need no look at the disk (decision 16), and a
    /// batch that is written into the page cache (decision 17). Nil where a worker has to.
    /// - Parameter appends: of the same connection.
    func beginAtOnce(_ frame: [UInt8], _ appends: WaitGroup) -> Answer? {
        let isFetch = frame[1] == APIKey.fetch.rawValue
        guard frame[0] == 0, isFetch || frame[1] == APIKey.produce.rawValue,
            frame.count <= (isFetch ? Self.fetchAtOnceMax : Self.produceAtOnceMax)
        else { return nil }
        var reader = FrameReader(frame)
        let key = isFetch ? APIKey.fetch : .produce
        guard let header = try? RequestHeader(&reader), key.versions.contains(header.version) else { return nil }
        let call = Call(key: key, header: header, body: reader)
        guard isFetch else { return produceAtOnce(call, frame, appends) }
        return appends.isEmpty ? fetchAtOnce(call) : nil
    }

    private func fetchAtOnce(_ call: Call) -> Answer? {
        guard let request: FetchRequest = try? call.request() else { return nil }
        return switch firstLook(request, waits: false) {
        case .found(let response): .ready(call.answer(response))
        case .nothingYet: .later { [self] in call.answer(await fetch(request)) }
        case .busy: nil
        }
    }

    private func produceAtOnce(_ call: Call, _ frame: [UInt8], _ appends: WaitGroup) -> Answer? {
        guard pace.isFast, let request: ProduceRequest = try? call.request(),
            let (batch, source) = onlyBatch(request, frame, version: call.header.version)
        else { return nil }
        return .whenDone { [self] done in
            appends.enter()
            pace.watch {
                broker.begin(appending: batch, to: source) { [self] result in
                    appends.leave()
                    answer(call, appended(request, result), done)
                }
            }
        }
    }

    /// Whether the answer to the frame, which has its eight bytes at least, can be large and is made in memory.
    static func mayAnswerMuch(_ frame: [UInt8]) -> Bool { onlyAsks(frame) && key(of: frame) != .fetch }

    private static func key(of frame: [UInt8]) -> APIKey? {
        APIKey(rawValue: Int16(frame[0]) << 8 | Int16(frame[1]))
    }

    /// Whether carrying out the frame, which has its eight bytes at least, changes nothing.
    static func onlyAsks(_ frame: [UInt8]) -> Bool {
        switch key(of: frame) {
        case .fetch, .listOffsets, .metadata, .offsetFetch, .findCoordinator, .apiVersions, .offsetForLeaderEpoch,
            .describeGroups, .listGroups, .describeConfigs, .describeLogDirs, .describeCluster, .describeProducers,
            .describeTransactions, .listTransactions, .listConfigResources, .describeTopicPartitions:
            true
        default: false
        }
    }

    /// A version of ApiVersions that is not known is answered as version 0 (KIP-511), so that a client newer than the broker can go on. Any other request
    /// that no answer fits ends its connection, as Kafka does: the client was told what is served.
    private func unsupported(_ header: RequestHeader) throws(ProtocolError) -> Answer {
        guard header.apiKey == APIKey.apiVersions.rawValue else {
            throw ProtocolError(
                unsupported: header.apiKey, version: header.version, clientId: header.clientId ?? "without a name")
        }
        var writer = FrameWriter(answering: header.correlationId, .apiVersions, version: 0)
        ApiVersionsResponse(error: .unsupportedVersion).write(to: &writer, version: 0)
        return .ready(writer.finished())
    }
}

/// A request whose header has been read.
struct Call: Sendable {
    let key: APIKey
    let header: RequestHeader
    /// Stands behind the header.
    let body: FrameReader

    func request<Request: KafkaRequest>() throws(ProtocolError) -> Request {
        var reader = body
        return try Request(&reader, version: header.version)
    }

    func answer(_ response: some KafkaResponse) -> Answer.Frame {
        var writer = FrameWriter(answering: header.correlationId, key, version: header.version)
        response.write(to: &writer, version: header.version)
        return writer.finished()
    }

    /// Carries the request out before the next of its connection is begun.
    func now<Request: KafkaRequest>(
        _ handle: (Request) async -> Request.Response
    ) async throws(ProtocolError) -> Answer {
        .ready(answer(await handle(try request())))
    }

    /// Carries the request out when its turn to be answered has come; those behind it are begun meanwhile.
    func later<Request: KafkaRequest>(
        _ handle: @escaping @Sendable (Request) async -> Request.Response
    ) throws(ProtocolError) -> Answer {
        let request: Request = try request()
        return .later { answer(await handle(request)) }
    }
}
