import Foundation
import UnixSignals

/// Tells of the first SIGTERM or SIGINT; a second one ends the process at once with 128 + its number. Returns when cancelled.
///
/// What was acknowledged is durable at every moment, so the second signal loses nothing: the next start continues from the last commit.
/// - Parameter signals: traps both; until it was made, they end the process.
func watch(_ signals: UnixSignalsSequence, _ onFirst: @Sendable (UnixSignal) -> Void) async {
    var isStopping = false
    for await signal in signals {
        if isStopping { _exit(128 + signal.rawValue) }
        isStopping = true
        onFirst(signal)
    }
    // Trapping has left them ignored; whatever still runs, such as closing the log, can be interrupted again.
    for signal in [SIGTERM, SIGINT] { Foundation.signal(signal, SIG_DFL) }
}
