import Records
import SegmentedLog

extension WireTransactionCoordinator {
    /// Writes the record of a step and makes it durable; returns what comes next.
    func log(_ record: TransactionRecord) async throws(BrokerError) -> [WireTransaction.Action] {
        let offset: Int64
        do throws(BrokerError) {
            offset = record.status == .dead ? try services.log.appendTombstone(record) : try services.log.append(record)
        } catch {
            let isUnwritten = error.code == .diskFull || error.code == .closed || error.code == .invalid
            // Any other failed write may have left the whole record on the disk, to be found by the next start.
            _ = try handle(record.transactionalId, isUnwritten ? .logFailed : .logLost)
            throw error
        }
        do throws(BrokerError) {
            try await services.log.waitUntilDurable(offset)
        } catch {
            _ = try handle(record.transactionalId, .logLost)
            throw error
        }
        return try handle(record.transactionalId, .logged)
    }

    func note(_ record: TransactionRecord) {
        do throws(BrokerError) {
            _ = try services.log.append(record)
        } catch {
            // The markers stand. The next start writes them once more, unless a later record of the id is there by then.
            services.logger.warning(
                "that the transaction of '\(record.transactionalId)' is complete is not noted: \(error)")
        }
    }

    /// Ends a transaction where it was, as it is decided. On a full disk it is tried again until there is room.
    func mark(_ record: TransactionRecord) async {
        let id = record.transactionalId
        let isCommit = record.status == .prepareCommit
        // A topic that was deleted has taken its part along.
        var markers = record.partitions.compactMap(partition).map {
            TransactionMarker(partition: $0, identity: record.identity, isCommit: isCommit)
        }
        var pending = PendingMarkers()
        var isToldOfFullDisk = false
        while true {
            let (written, failures) = pending.write(markers)
            markers = []
            if await !areDurable(written, failures, of: id) { return }
            guard !pending.isEmpty else { break }
            if !isToldOfFullDisk {
                services.logger.error("no room on the disk to end the transaction of '\(id)': waiting for room")
            }
            isToldOfFullDisk = true
            await pause(PendingMarkers.retryPause)
        }
        if record.partitions.contains(services.offsets.partition.id) {
            services.offsets.endTransaction(of: record.identity.id, isCommit: isCommit)
        }
        // It fails only where the broker is closed: then the next start does the same.
        guard let actions = try? handle(id, .marked(now: systemMilliseconds())) else { return }
        _ = try? await carryOut(actions, of: id)
    }

    /// Whether the markers that could be written are on the disk. One that never will be, since its partition refuses writes, leaves the transaction as it is
    /// until the next start: what was decided must not be superseded before.
    private func areDurable(
        _ written: [(PartitionLog, through: Int64)], _ failures: [LogError], of id: String
    ) async -> Bool {
        var failures = failures
        if (try? await services.gate.waitUntilDurable(written)) == nil {
            // Each alone, so as to know which.
            for each in written {
                do throws(LogError) {
                    try await services.gate.waitUntilDurable([each])
                } catch {
                    failures.append(error)
                }
            }
        }
        if state.withLock({ $0.isClosed }) { return false }
        // Closed: its topic was deleted meanwhile. Fenced: its end stands there already.
        let failure = failures.first { $0.code != .closed && $0.code != .producerFenced }
        if let failure { services.logger.error("the transaction of '\(id)' is ended by the next start: \(failure)") }
        return failure == nil
    }

    private func pause(_ duration: Duration) async {
        await withCheckedContinuation { continuation in
            timers.schedule(after: duration) { continuation.resume() }
        }
    }

    /// Has the machine look at the clock at that time.
    func arm(_ id: String, at time: Int64) {
        let delay = Duration.milliseconds(max(0, time - systemMilliseconds()))
        let timer = timers.schedule(after: delay) { [weak self] in
            Task { await self?.clockStruck(id) }
        }
        let old = state.withLock { state -> TimerWheel.Timer? in
            guard state.entries[id] != nil, !state.isClosed else { return timer }
            defer { state.entries[id]?.timer = timer }
            return state.entries[id]?.timer
        }
        if let old { timers.cancel(old) }
    }

    private func clockStruck(_ id: String) async {
        do throws(BrokerError) {
            let actions = try handle(id, .clock(now: systemMilliseconds()))
            if case .log = actions.first {
                services.logger.info("the transaction of '\(id)' has lasted too long: aborting it")
            }
            _ = try await carryOut(actions, of: id)
        } catch {
            guard error.code != .closed, error.code != .unknownProducer, error.code != .uncertain else { return }
            services.logger.warning("the transaction of '\(id)' has lasted too long and is not aborted yet: \(error)")
            arm(id, at: systemMilliseconds() + WireTransactionLimits.retryMilliseconds)
        }
    }
}
