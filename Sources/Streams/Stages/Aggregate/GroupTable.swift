/// The groups of one window: a hash table from key bytes to what was added up, in a few arrays, so that a known group costs no allocation.
struct GroupTable: Sendable {
    private let inputCount: Int
    private let sketchedInputs: [Int]
    /// Indexes of groups plus one; 0 is free. A power of two in number, at most half of them taken.
    private var slots: [Int32] = Array(repeating: 0, count: 16)
    private var hashes: [Int] = []
    private var keys: [UInt8] = []
    private var keyEnds: [Int] = [0]
    private var records: [Int] = []
    private var accumulators: [Accumulator] = []
    private var sketches: [QuantileSketch] = []

    /// Creates a table for groups of `inputCount` accumulators, with sketches for some of them.
    init(inputCount: Int, sketchedInputs: [Int]) {
        self.inputCount = inputCount
        self.sketchedInputs = sketchedInputs
    }

    /// How many groups there are.
    var count: Int { records.count }

    /// The group of that key; nil when there is none yet.
    func find(_ key: borrowing [UInt8]) -> Int? {
        let slot = slots[self.slot(of: key.span, hash: Self.hash(key))]
        return slot == 0 ? nil : Int(slot) - 1
    }

    /// The group of that key, made when there is none yet.
    mutating func findOrAdd(_ key: borrowing [UInt8]) -> Int {
        let hash = Self.hash(key)
        let slot = slot(of: key.span, hash: hash)
        if slots[slot] != 0 { return Int(slots[slot]) - 1 }
        slots[slot] = Int32(count + 1)
        hashes.append(hash)
        keys.append(contentsOf: copy key)
        keyEnds.append(keys.count)
        records.append(0)
        accumulators.append(contentsOf: repeatElement(Accumulator(), count: inputCount))
        sketches.append(contentsOf: repeatElement(QuantileSketch(), count: sketchedInputs.count))
        if count * 2 > slots.count { grow() }
        return count - 1
    }

    /// Counts a record with what each input came to; nil for null.
    mutating func add(_ inputs: [Accumulator.Number?], to group: Int) {
        records[group] += 1
        for index in 0..<inputCount {
            if let number = inputs[index] { accumulators[group * inputCount + index].add(number) }
        }
        for index in 0..<sketchedInputs.count {
            if let number = inputs[sketchedInputs[index]] {
                sketches[group * sketchedInputs.count + index].add(number.double)
            }
        }
    }

    /// Adds another table of the same shape.
    mutating func merge(_ other: GroupTable) {
        for index in 0..<other.count {
            let group = findOrAdd(Array(other.key(of: index)))
            records[group] += other.records[index]
            for input in 0..<inputCount {
                accumulators[group * inputCount + input].merge(other.accumulators[index * inputCount + input])
            }
            for sketch in 0..<sketchedInputs.count {
                sketches[group * sketchedInputs.count + sketch].merge(
                    other.sketches[index * sketchedInputs.count + sketch])
            }
        }
    }

    /// The groups in the order of their keys' bytes.
    var sortedGroups: [Int] {
        (0..<count).sorted { key(of: $0).lexicographicallyPrecedes(key(of: $1)) }
    }

    /// The group's key.
    func key(of group: Int) -> ArraySlice<UInt8> { keys[keyEnds[group]..<keyEnds[group + 1]] }

    /// How many records the group has.
    func recordCount(of group: Int) -> Int { records[group] }

    /// What was added up of one input.
    func accumulator(_ input: Int, of group: Int) -> Accumulator { accumulators[group * inputCount + input] }

    /// The sketch of one of the sketched inputs; nil for any other.
    func sketch(_ input: Int, of group: Int) -> QuantileSketch? {
        sketchedInputs.firstIndex(of: input).map { sketches[group * sketchedInputs.count + $0] }
    }

    /// Hashes with the process's random seed, so that no sender can choose keys that collide.
    private static func hash(_ key: borrowing [UInt8]) -> Int {
        var hasher = Hasher()
        key.withUnsafeBytes { hasher.combine(bytes: $0) }
        return hasher.finalize()
    }

    /// The slot that holds the key, or the free one it belongs in.
    private func slot(of key: Span<UInt8>, hash: Int) -> Int {
        let mask = slots.count - 1
        var slot = hash & mask
        while slots[slot] != 0 {
            let group = Int(slots[slot]) - 1
            if hashes[group] == hash, isKey(key, of: group) { return slot }
            slot = (slot + 1) & mask
        }
        return slot
    }

    private func isKey(_ key: Span<UInt8>, of group: Int) -> Bool {
        let start = keyEnds[group]
        guard keyEnds[group + 1] - start == key.count else { return false }
        let bytes = keys.span
        for index in 0..<key.count where bytes[start + index] != key[index] { return false }
        return true
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        let mask = slots.count - 1
        for group in 0..<count {
            var slot = hashes[group] & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = Int32(group + 1)
        }
    }
}
