import Foundation
import UnixSignals

/// Waits for SIGTERM or SIGINT and tells of it; a second one ends the process at once with 128 + its number. Returns when cancelled.
///
/// What was acknowledged is durable at every moment, so the second signal loses nothing: the next start continues from the last commit.
func watchTerminationSignals(_ onFirst: @Sendable (UnixSignal) -> Void) async {
    var isStopping = false
    for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
        if isStopping { _exit(128 + signal.rawValue) }
        isStopping = true
        onFirst(signal)
    }
    // Trapping has left them ignored; whatever still runs, such as closing the log, can be interrupted again.
    for signal in [SIGTERM, SIGINT] { Foundation.signal(signal, SIG_DFL) }
}
