import BrokerCore
import KafkaProtocol
import Records
import SegmentedLog

extension Service {
    /// What a first look comes to.
    enum FirstLook {
        case found(FetchResponse)
        /// Records have to be waited for.
        case nothingYet
        /// It was not to wait for others that have the log just now, or for the disk, and would have to.
        case busy
    }

    /// More partitions than these are not looked at on an event loop.
    static let partitionsAtOnceMax = 16

    /// Looks for what is asked for.
    /// - Parameter waits: false on an event loop, which may not be held up.
    func firstLook(_ request: FetchRequest, waits: Bool) -> FirstLook {
        guard request.sessionId == 0 else {
            var response = FetchResponse(topics: [])
            response.error = .fetchSessionIdNotFound
            return .found(response)
        }
        guard waits || request.partitionCount <= Self.partitionsAtOnceMax else { return .busy }
        let topics = request.topics.map(topic)
        guard let found = look(request, topics, waits: waits) else { return .busy }
        let mayWait = request.waitMaxMilliseconds > 0 && topics.contains { $0 != nil }
        let isEnough = found.isComplete || found.bytes >= bytesMin(request) || !mayWait
        return isEnough ? .found(found.response) : .nothingYet
    }

    /// More than can be given is not waited for.
    private func bytesMin(_ request: FetchRequest) -> Int {
        max(0, min(Int(request.bytesMin), Int(request.bytesMax), limits.fetchBytesMax))
    }

    /// Finds what is asked for, and waits until there is as much of it as that, or an error, or until the time is over.
    func fetch(_ request: FetchRequest) async -> FetchResponse {
        let topics = request.topics.map(topic)
        let partitions = zip(request.topics, topics).flatMap { requested, topic in
            requested.partitions.compactMap { topic?[$0.index] }
        }
        let wanted = Duration.milliseconds(max(0, request.waitMaxMilliseconds))
        let deadline = ContinuousClock.now + min(wanted, limits.fetchWaitMax)
        let signal = WakeSignal(broker.timers)
        for partition in partitions { partition.subscribe(signal) }
        defer { for partition in partitions { partition.unsubscribe(signal) } }
        var isOver = false
        while true {
            // Lowered before looking: what comes while we look raises it again.
            signal.lower()
            if let response = lookAgain(request, takesAny: isOver) { return response }
            isOver = await !signal.wait(until: deadline)
        }
    }

    /// The answer where there is enough, or any may be given. Otherwise nothing of what was found is kept: what is to be sent keeps files open, which other readers need.
    private func lookAgain(_ request: FetchRequest, takesAny: Bool) -> FetchResponse? {
        // Asked for anew: a topic that is deleted ends the wait too.
        guard let found = look(request, request.topics.map(topic), waits: true) else { return nil }
        return takesAny || found.isComplete || found.bytes >= bytesMin(request) ? found.response : nil
    }

    private func topic(of requested: FetchRequest.Topic) -> Topic? {
        requested.name.isEmpty ? topic(requested.id) : broker.topic(named: requested.name)
    }

    /// The answer as it would be now.
    private struct Found {
        var response: FetchResponse
        /// How many of records.
        var bytes: Int
        /// Waiting could not add to it: there is an error to tell, or more than fits.
        var isComplete: Bool
    }

    /// Nil where it does not wait and would have to.
    private func look(_ request: FetchRequest, _ found: [Topic?], waits: Bool) -> Found? {
        var bytesLeft = min(max(0, Int(request.bytesMax)), limits.fetchBytesMax)
        var bytes = 0
        var isComplete = false
        var isBusy = false
        let topics = zip(request.topics, found).map { requested, topic in
            let partitions = requested.partitions.map { wanted in
                var result = FetchResponse.Partition(index: wanted.index)
                if isBusy { return result }
                if let partition = topic?[wanted.index] {
                    let isAll = look(
                        partition.log, wanted, request, bytesLeft: bytesLeft, isFirst: bytes == 0, waits: waits,
                        into: &result)
                    isComplete = isComplete || isAll == false
                    isBusy = isBusy || isAll == nil
                } else {
                    result.error = requested.name.isEmpty && topic == nil ? .unknownTopicId : .unknownTopicOrPartition
                }
                let size = result.records?.sizeInBytes ?? 0
                bytes += size
                bytesLeft -= size
                isComplete = isComplete || result.error != .none
                return result
            }
            return FetchResponse.Topic(name: requested.name, id: requested.id, partitions: partitions)
        }
        return isBusy ? nil : Found(response: FetchResponse(topics: topics), bytes: bytes, isComplete: isComplete)
    }

    /// Whole batches as far as they fit; false where more is there than that, and nil where it does not wait and would have to. The answer's
    /// first batch comes whatever its size, so that a consumer never stands still before one (KIP-74).
    private func look(
        _ log: PartitionLog, _ wanted: FetchRequest.Partition, _ request: FetchRequest, bytesLeft: Int, isFirst: Bool,
        waits: Bool, into result: inout FetchResponse.Partition
    ) -> Bool? {
        guard let bounds = try? log.bounds(waits: waits) else { return nil }
        result.highWatermark = bounds.highWatermark
        result.lastStableOffset = bounds.lastStable
        result.logStartOffset = bounds.start
        guard wanted.leaderEpoch <= 0 else {
            result.error = .unknownLeaderEpoch
            return true
        }
        let bytesMax = min(bytesLeft, max(0, Int(wanted.bytesMax)))
        let end = request.isReadCommitted ? result.lastStableOffset : result.highWatermark
        guard isFirst || bytesMax > 0 else { return wanted.offset >= end }
        // Of a reader of committed records the list is never null.
        if request.isReadCommitted { result.abortedTransactions = [] }
        do throws(LogError) {
            let slice = try log.slice(
                from: wanted.offset, bytesMax: max(1, bytesMax),
                isolation: request.isReadCommitted ? .readCommitted : .readUncommitted, waits: waits)
            guard let slice else { return true }
            guard isFirst || slice.sizeInBytes <= bytesMax else { return false }
            result.records = slice
            if request.isReadCommitted {
                result.abortedTransactions = slice.abortedTransactions.map {
                    FetchResponse.AbortedTransaction(producerId: $0.producerId, firstOffset: $0.firstOffset)
                }
            }
            return slice.nextOffset >= end
        } catch {
            if error.code == .busy { return nil }
            // It comes with a later answer: with the next one, where this one has records already.
            if error.code == .tooManySlices { return isFirst }
            result.error = ErrorCode(error)
            if error.code != .offsetOutOfRange, error.code != .closed, lines.isDue("fetch \(log.topicPartition)") {
                logger.error("a fetch fails: \(error)")
            }
            return true
        }
    }
}
