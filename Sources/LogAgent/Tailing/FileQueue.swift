/// Files first in, first out.
struct FileQueue {
    private var files: [TailedFile] = []
    private var first = 0

    var isEmpty: Bool { first == files.count }

    mutating func push(_ file: TailedFile) { files.append(file) }

    mutating func pop() -> TailedFile? {
        guard first < files.count else { return nil }
        let file = files[first]
        first += 1
        // Shifting only when half of the array is free makes it cost nothing on average.
        if first > 64, first * 2 > files.count {
            files.removeFirst(first)
            first = 0
        }
        return file
    }
}
