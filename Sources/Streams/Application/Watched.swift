import Synchronization

/// A value under a mutex that tasks can wait on: a waiter is resumed by the update that makes its condition true.
final class Watched<Value: Sendable>: Sendable {
    private struct Waiter {
        let condition: @Sendable (Value) -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct Content {
        var value: Value
        var waiters: [Int: Waiter] = [:]
        var cancelled: Set<Int> = []
        var nextWaiter = 0
    }

    private let content: Mutex<Content>

    init(_ value: Value) {
        content = Mutex(Content(value: value))
    }

    /// The value at this moment.
    var value: Value { content.withLock(\.value) }

    /// Changes the value and wakes those whose condition it now meets.
    @discardableResult
    func update<Result: Sendable>(_ change: (inout Value) -> Result) -> Result {
        let (result, woken) = content.withLock { content in
            let result = change(&content.value)
            let met = content.waiters.filter { $0.value.condition(content.value) }
            for id in met.keys {
                content.waiters[id] = nil
            }
            return (result, met.values.map(\.continuation))
        }
        for continuation in woken {
            continuation.resume()
        }
        return result
    }

    /// Returns once the condition holds, or the task is cancelled: the caller looks at what it finds.
    func wait(until condition: @escaping @Sendable (Value) -> Bool) async {
        let id = content.withLock { content in
            content.nextWaiter += 1
            return content.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isMet = content.withLock { content in
                    if content.cancelled.remove(id) != nil || condition(content.value) {
                        return true
                    }
                    content.waiters[id] = Waiter(condition: condition, continuation: continuation)
                    return false
                }
                if isMet {
                    continuation.resume()
                }
            }
        } onCancel: {
            let waiter = content.withLock { content in
                let waiter = content.waiters.removeValue(forKey: id)
                if waiter == nil {
                    content.cancelled.insert(id)
                }
                return waiter
            }
            waiter?.continuation.resume()
        }
        content.withLock { _ = $0.cancelled.remove(id) }
    }

    /// Returns once the condition holds, the limit has passed, or the task is cancelled.
    func wait(until condition: @escaping @Sendable (Value) -> Bool, atMost limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait(until: condition) }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }
}
