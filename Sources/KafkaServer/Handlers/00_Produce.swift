import BrokerCore
import KafkaProtocol
import Records

extension Service {
    /// What was appended, and what has to be durable before that is told.
    struct Appended: Sendable {
        var response: ProduceResponse
        var waitsFor: [Waiting] = []

        /// An append and the place of its answer.
        struct Waiting: Sendable {
            let append: PendingAppend
            let topic: Int
            let partition: Int
        }

        /// The first of what was refused, for a client that is not told otherwise.
        var refusal: String? {
            response.topics.lazy.flatMap(\.partitions).first { $0.error != .none }
                .map { $0.message ?? "\($0.error)" }
        }
    }

    /// Appends the batches, each on its own: one that is refused keeps no other out.
    func produce(_ request: ProduceRequest, _ frame: [UInt8], version: Int16) -> Appended {
        var appended = Appended(response: ProduceResponse(topics: []))
        for (topicPlace, requested) in request.topics.enumerated() {
            let topic = topic(requested, version: version)
            let partitions = requested.partitions.enumerated().map { place, partition in
                do throws(Refusal) {
                    let append = try append(partition, of: topic, request, frame, version: version)
                    appended.waitsFor.append(.init(append: append, topic: topicPlace, partition: place))
                    return ProduceResponse.Partition(partition.index, append)
                } catch {
                    return ProduceResponse.Partition(partition.index, error)
                }
            }
            appended.response.topics.append(
                ProduceResponse.Topic(name: requested.name, id: requested.id, partitions: partitions))
        }
        return appended
    }

    /// The one batch of a request that wants an answer, if no record has to be read for it and no transaction looked up; and where it goes.
    func onlyBatch(
        _ request: ProduceRequest, _ frame: [UInt8], version: Int16
    ) -> (batch: RecordBatch, source: TopicPartition)? {
        guard request.acks != 0, request.topics.count == 1, let requested = request.topics.first,
            requested.partitions.count == 1, let partition = requested.partitions.first,
            let topic = topic(requested, version: version), !topic.isCompacted,
            let batch = try? checked(partition, of: topic, request, frame, version: version),
            !batch.header.isTransactional
        else { return nil }
        return (batch, TopicPartition(topic: topic.name, partition: partition.index))
    }

    /// What became of the request's `onlyBatch`.
    func appended(_ request: ProduceRequest, _ result: Result<PendingAppend, BrokerError>) -> Appended {
        let requested = request.topics[0]
        let index = requested.partitions[0].index
        func response(_ partition: ProduceResponse.Partition) -> ProduceResponse {
            ProduceResponse(topics: [.init(name: requested.name, id: requested.id, partitions: [partition])])
        }
        return switch result {
        case .success(let append):
            Appended(
                response: response(.init(index, append)),
                waitsFor: [.init(append: append, topic: 0, partition: 0)])
        case .failure(let error): Appended(response: response(.init(index, Refusal(error))))
        }
    }

    private func topic(_ requested: ProduceRequest.Topic, version: Int16) -> Topic? {
        version < 13 ? broker.topic(named: requested.name) : topic(requested.id)
    }

    /// The answer where some of it could not be made durable: each is asked for alone, so that the others count as written.
    func afterFailure(_ appended: Appended) async -> ProduceResponse {
        var response = appended.response
        for waiting in appended.waitsFor {
            do throws(BrokerError) {
                try await broker.waitUntilDurable([waiting.append])
            } catch {
                response.topics[waiting.topic].partitions[waiting.partition].error = ErrorCode(error)
                response.topics[waiting.topic].partitions[waiting.partition].baseOffset = -1
                response.topics[waiting.topic].partitions[waiting.partition].message = error.description
            }
        }
        return response
    }

    /// Why a batch is not taken.
    fileprivate struct Refusal: Error {
        let code: ErrorCode
        let message: String
        /// The records it is refused for, where it is for some alone.
        var places: [Int] = []

        init(code: ErrorCode, message: String, places: [Int] = []) {
            self.code = code
            self.message = message
            self.places = places
        }

        init(_ error: BrokerError) { self.init(code: ErrorCode(error), message: error.description) }
    }

    /// So many records are named that a batch is refused for.
    private static let refusedRecordsMax = 100

    private func append(
        _ partition: ProduceRequest.Partition, of topic: Topic?, _ request: ProduceRequest, _ frame: [UInt8],
        version: Int16
    ) throws(Refusal) -> PendingAppend {
        guard let topic else {
            throw Refusal(
                code: version < 13 ? .unknownTopicOrPartition : .unknownTopicId, message: "there is no such topic")
        }
        let batch = try checked(partition, of: topic, request, frame, version: version)
        let source = TopicPartition(topic: topic.name, partition: partition.index)
        do throws(BrokerError) {
            return try broker.begin(
                appending: batch, to: source, transactionalId: request.transactionalId)
        } catch {
            throw Refusal(error)
        }
    }

    /// The partition's one batch, by the rules that Kafka's `LogValidator` has for producers.
    private func checked(
        _ partition: ProduceRequest.Partition, of topic: Topic, _ request: ProduceRequest, _ frame: [UInt8],
        version: Int16
    ) throws(Refusal) -> RecordBatch {
        guard (-1...1).contains(request.acks) else {
            throw Refusal(code: .invalidRequiredAcks, message: "acks is -1, 0 or 1, not \(request.acks)")
        }
        guard topic[partition.index] != nil else {
            throw Refusal(
                code: .unknownTopicOrPartition,
                message: "topic '\(topic.name)' has \(topic.partitions.count) partitions")
        }
        guard !Topic.isReadOnlyForClients(topic.name) else {
            throw Refusal(
                code: .invalidTopic, message: "topic '\(topic.name)' is Sluice's own; clients can only read it")
        }
        guard let range = partition.records else {
            throw Refusal(code: .invalidRecord, message: "there are no records")
        }
        let batch: RecordBatch
        do throws(RecordsError) {
            batch = try RecordBatch(validating: frame, range: range)
        } catch {
            // A client sends again what was damaged on its way; what never was one batch would be no better then.
            throw Refusal(
                code: error.code == .checksumMismatch ? .corruptMessage : .invalidRecord,
                message: "the records are not one batch: \(error)")
        }
        guard batch.header.producerId < 0 || batch.header.baseSequence >= 0 else {
            throw Refusal(code: .invalidRecord, message: "a batch with a producer id needs a sequence number")
        }
        guard batch.header.compression != .zstd || version >= 7 else {
            throw Refusal(code: .unsupportedCompressionType, message: "zstd needs Produce 7 or newer")
        }
        if topic.isCompacted { try checkKeys(batch) }
        return batch
    }

    /// A record without a key could never be replaced, nor be compacted away.
    private func checkKeys(_ batch: RecordBatch) throws(Refusal) {
        let records: DecodedRecords
        do throws(RecordsError) {
            records = try batch.records()
        } catch {
            throw Refusal(code: .invalidRecord, message: "the records cannot be decoded: \(error)")
        }
        let places = records.enumerated().lazy.filter { $0.element.key == nil }.map(\.offset)
        let refused = Array(places.prefix(Self.refusedRecordsMax))
        guard refused.isEmpty else {
            throw Refusal(
                code: .invalidRecord, message: "a record of a compacted topic needs a key", places: refused)
        }
    }
}

extension ProduceResponse.Partition {
    fileprivate init(_ index: Int32, _ append: PendingAppend) {
        self.init(index: index)
        baseOffset = append.baseOffset
        logAppendMilliseconds = append.logAppendTimestamp ?? -1
        logStartOffset = append.logStartOffset
    }

    fileprivate init(_ index: Int32, _ refusal: Service.Refusal) {
        self.init(index: index)
        error = refusal.code
        message = refusal.message
        recordErrors = refusal.places.map { (index: Int32(clamping: $0), message: refusal.message) }
    }
}
