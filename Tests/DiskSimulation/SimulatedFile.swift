import Glibc
import SegmentedLog

/// A file of a `SimulatedDisk`; like a descriptor it outlives its name.
final class SimulatedFile: DiskFile {
    private let disk: SimulatedDisk
    private let number: Int
    private let path: String

    init(disk: SimulatedDisk, number: Int, path: String) {
        self.disk = disk
        self.number = number
        self.path = path
    }

    func size() throws(LogError) -> Int64 {
        disk.state.withLock { Int64($0.files[number]?.current.count ?? 0) }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int64) throws(LogError) -> Int {
        disk.state.withLock { state in
            let content = state.files[number]?.current ?? []
            guard position < content.count else { return 0 }
            let slice = content[Int(position)...].prefix(buffer.count)
            buffer.copyBytes(from: slice)
            return slice.count
        }
    }

    func write(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at position: Int64
    ) throws(LogError) {
        let bytes = Array(first) + Array(second)
        try disk.state.withLock { (state) throws(LogError) in
            let growth = Int(position) + bytes.count - (state.files[number]?.current.count ?? 0)
            if let capacity = state.capacityBytes, growth > 0 {
                let room = capacity - SimulatedDisk.usedBytes(state)
                if growth > room {
                    write(bytes.prefix(max(0, min(bytes.count, room))), at: position, &state)
                    throw .system(ENOSPC, "write", path: path)
                }
            }
            switch try SimulatedDisk.step(.write, path, &state) {
            case .proceeds: write(bytes[...], at: position, &state)
            case .fails(let error, let part):
                write(bytes.prefix(bytes.count * part / 256), at: position, &state)
                throw error
            }
        }
    }

    private func write(_ bytes: ArraySlice<UInt8>, at position: Int64, _ state: inout SimulatedDisk.State) {
        if !bytes.isEmpty { state.files[number]?.change(.write(Array(bytes), at: Int(position))) }
    }

    /// Changes nothing that a crash could take.
    func reserve(_ count: Int64, at position: Int64) -> Bool { disk.state.withLock { $0.capacityBytes == nil } }

    func truncate(to size: Int64) throws(LogError) {
        try disk.state.withLock { (state) throws(LogError) in
            switch try SimulatedDisk.step(.truncate, path, &state) {
            case .proceeds: state.files[number]?.change(.truncate(Int(size)))
            case .fails(let error, let part):
                if part > 128 { state.files[number]?.change(.truncate(Int(size))) }
                throw error
            }
        }
    }

    func sync() throws(LogError) {
        try disk.state.withLock { (state) throws(LogError) in
            switch try SimulatedDisk.step(.sync, path, &state) {
            case .proceeds: state.files[number]?.sync()
            case .fails(let error, _):
                if !state.isDead { state.files[number]?.failSync(&state.generator) }
                throw error
            }
        }
    }
}
