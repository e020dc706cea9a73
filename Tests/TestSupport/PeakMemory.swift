import Foundation

/// How much memory a process takes, at most.
package enum PeakMemory {
    /// The greatest resident size that a process has had, in bytes (`VmHWM` in proc(5)); 0 of one that is not.
    package static func of(_ process: pid_t) -> Int {
        let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
        return Int(status.firstMatch(of: /VmHWM:\s+(\d+) kB/)?.1 ?? "").map { $0 << 10 } ?? 0
    }

    /// By how many bytes this process grew during the work, at most.
    package static func during(_ work: () throws -> Void) rethrows -> Int {
        // "5" makes the greatest size the present one.
        try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
        let before = of(getpid())
        try work()
        return of(getpid()) - before
    }
}
