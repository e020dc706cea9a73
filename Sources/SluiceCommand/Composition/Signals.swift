import Foundation
import UnixSignals

/// Waits for SIGTERM or SIGINT; a second one ends the process at once with 128 + its number.
///
/// What was acknowledged is durable at every moment, so the second signal loses nothing: the next start continues from the last commit.
func firstTerminationSignal() async -> UnixSignal {
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    var iterator = signals.makeAsyncIterator()
    let first = await iterator.next() ?? .sigterm
    Task {
        for await second in signals { _exit(128 + second.rawValue) }
    }
    return first
}
