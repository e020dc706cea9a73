import Glibc

/// What a piece of work cost this process.
struct Cost {
    /// User and system CPU time of all threads, in seconds.
    var cpuSeconds: Double

    /// The CPU time spent by `work`, by getrusage of the whole process: threads it started count.
    static func ofBlocking<T>(_ work: () throws -> T) rethrows -> (result: T, cost: Cost) {
        let before = cpuSeconds()
        let result = try work()
        return (result, Cost(cpuSeconds: cpuSeconds() - before))
    }

    /// As above, for work that waits.
    static func of<T>(_ work: () async throws -> T) async rethrows -> (result: T, cost: Cost) {
        let before = cpuSeconds()
        let result = try await work()
        return (result, Cost(cpuSeconds: cpuSeconds() - before))
    }

    /// User and system CPU time of the process so far, in seconds.
    static func cpuSeconds() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}
