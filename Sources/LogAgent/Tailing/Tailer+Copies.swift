extension Tailer {
    /// A new generation begins at the first byte of the file. The old one is settled at the next scan: a copy of it may be found.
    func replace(_ file: TailedFile, unreadBytes: Int64, size: Int64) {
        truncations += 1
        let old = file.generation
        logger.notice(
            "\(old.path) was truncated or rewritten at offset \(old.current.offset), \(unreadBytes) bytes were unread")
        orphans.append(Orphan(generation: old, isLossy: true))
        file.generation = Generation(
            id: .random(in: 1...UInt64.max), identity: old.identity, path: old.path, start: .beginning, size: size)
        // What was copied from this name may as well be a copy of what it holds now.
        for other in table.files where other.originals.contains(old.id) {
            other.originals.append(file.generation.id)
            other.isConfirmedCopy = false
        }
        file.mode = .reading
        file.longLine = nil
        file.lookedThrough = 0
        file.isRecognised = true
        touch(file)
        enqueue(file)
        needsScan = true
    }

    /// For each path, the generations that the rotation of their files may have copied there.
    func possibleOriginals(of paths: [String]) -> [[UInt64]] {
        guard !paths.isEmpty else { return [] }
        var byPath: [String: [UInt64]] = [:]
        for generation in table.vanished.values { byPath[generation.path, default: []].append(generation.id) }
        // An orphan has lost its file a moment ago: it is asked first.
        for orphan in orphans { byPath[orphan.generation.path, default: []].insert(orphan.generation.id, at: 0) }
        return paths.map { path in
            RotatedName.originals(of: path).flatMap { name in
                (byPath[name] ?? []) + (table.byPath[name].map { [$0.generation.id] } ?? [])
            }
        }
    }

    /// Decides on files that may be copies, and on generations whose files no longer hold them.
    func judgeCandidates(now: ContinuousClock.Instant) {
        for file in Array(table.files) { judge(file, now: now) }
        // What is read and not committed may be rewound, and could then be had from nowhere but the copy: such an orphan waits.
        for orphan in orphans where orphan.isCommitted && orphan.isLossy && orphan.isRecognisable {
            if !isAwaited(orphan) { searchCopies(of: orphan.generation, now: now) }
        }
        settleOrphans(now: now)
    }

    /// Whether a file is yet to be judged that may be the orphan's copy.
    private func isAwaited(_ orphan: Orphan) -> Bool {
        table.files.contains { $0.originals.contains(orphan.generation.id) }
    }

    /// Asks the file's possible originals in turn.
    private func judge(_ file: TailedFile, now: ContinuousClock.Instant) {
        while case .candidate(let originals) = file.mode {
            judge(file, against: originals, now: now)
            guard file.originals.count < originals.count else { return }
        }
    }

    private func judge(_ file: TailedFile, against originals: [UInt64], now: ContinuousClock.Instant) {
        guard let id = originals.first else { return }
        let orphan = orphans.first { $0.generation.id == id }
        if orphan == nil, file.isConfirmedCopy, table.generation(id) != nil { return }
        if let orphan, !orphan.isCommitted { return }
        do throws(SystemError) {
            if file.open == nil {
                let handle = try OpenFile(path: file.generation.path)
                guard try handle.facts().identity == file.generation.identity else { return }
                attach(handle, to: file)
            }
            guard let handle = file.open else { return }
            // A judgement on what the original was at the last look could let the same lines be read in both.
            let source = orphan == nil ? table.file(of: id) : nil
            if let source, !isFresh(source, now: now) { return }
            guard let original = orphan?.generation ?? table.generation(id) else { return reject(file, originals) }
            file.note(size: try handle.facts().size, now: now)
            let size = file.generation.sizeSeen
            let headerBytes = original.current.headerBytes
            let header = size < headerBytes ? nil : try handle.hash(at: 0, count: Int(headerBytes))
            let judgement = CopyJudgement.judge(
                original: original, originalIsIntact: orphan == nil,
                originalIsBehind: source.map(isAboutToBeRead) ?? false,
                size: size,
                isQuiet: file.grewAt.duration(to: now) >= limits.copyQuiet, header: header)
            switch judgement {
            case .unrelated: reject(file, originals)
            case .undecided: break
            case .compare(let mark):
                file.mode = .comparing(
                    TailedFile.Comparison(
                        originals: originals, mark: mark, through: min(size, original.current.offset),
                        progress: try beginning(of: original, in: handle)))
                enqueue(file)
            }
        } catch {
            report(error, about: file)
        }
    }

    /// Looks at an original now. False where it has to wait for a descriptor, or is found to be another generation.
    private func isFresh(_ file: TailedFile, now: ContinuousClock.Instant) -> Bool {
        do throws(SystemError) {
            guard let handle = try opened(file) else { return false }
            file.isRecognised = false
            guard try isContinued(file, handle, now: now) else { return false }
            requeueIfBehind(file)
        } catch {
            // What is known of it has to do.
            report(error, about: file)
        }
        return true
    }

    /// Whether waiting for an original will tell more. One that is itself in question, or cannot be read, may never be.
    private func isAboutToBeRead(_ file: TailedFile) -> Bool { file.isReading && file.isBehind && file.problem == nil }

    /// Where the original's reading began, in the file that may be its copy.
    private func beginning(of original: Generation, in handle: OpenFile) throws(SystemError) -> TailProgress {
        let start = original.startOffset
        guard start > 0 else { return .beginning }
        let tailBytes = min(start, TailProgress.tailBytesMax)
        return TailProgress(
            beginningAt: start,
            header: try handle.bytes(at: 0, count: Int(min(start, TailProgress.headerBytesMax))),
            tail: try handle.bytes(at: start - tailBytes, count: Int(tailBytes)))
    }

    /// It is no copy of the first of its possible originals.
    private func reject(_ file: TailedFile, _ originals: [UInt64]) {
        if file.isSoughtAsCopy { return discard(file) }
        let others = Array(originals.dropFirst())
        file.isConfirmedCopy = false
        file.mode = others.isEmpty ? .reading : .candidate(originals: others)
        if others.isEmpty { enqueue(file) } else { needsScan = true }
    }

    /// Compares one read's worth.
    func step(_ comparison: TailedFile.Comparison, of file: TailedFile, _ handle: OpenFile) throws(SystemError) {
        var comparison = comparison
        let target = comparison.isMarkPassed ? comparison.through : comparison.mark.offset
        let windowStart = comparison.progress.windowStart
        let wanted = min(Int64(limits.readBytes), target - windowStart)
        let bytes = try handle.bytes(at: windowStart, count: Int(wanted))
        guard bytes.count == Int(wanted) else { return reject(file, comparison.originals) }
        if wanted > comparison.progress.tailBytes {
            bytes.withUnsafeBytes {
                comparison.progress.advance(
                    to: windowStart + wanted, lines: 0, window: $0, windowStart: windowStart)
            }
        }
        if !comparison.isMarkPassed, comparison.progress.offset == comparison.mark.offset {
            guard Generation.Mark(comparison.progress) == comparison.mark else {
                return reject(file, comparison.originals)
            }
            comparison.isMarkPassed = true
        }
        if comparison.isMarkPassed, comparison.progress.offset >= comparison.through {
            accept(file, comparison)
        } else {
            file.mode = .comparing(comparison)
            enqueue(file)
        }
    }

    /// The file is a copy. While its original is read, the copy is left alone; after the original's end it has the rest.
    private func accept(_ file: TailedFile, _ comparison: TailedFile.Comparison) {
        file.isConfirmedCopy = true
        file.mode = .candidate(originals: comparison.originals)
        guard let id = comparison.originals.first,
            let index = orphans.firstIndex(where: { $0.generation.id == id })
        else { return }
        // The original may have ended during the comparison, after more had been read of it.
        guard orphans[index].isCommitted,
            comparison.through == min(file.generation.sizeSeen, orphans[index].generation.current.offset)
        else {
            needsScan = true
            return
        }
        let original = orphans.remove(at: index).generation
        let covered = max(original.current.offset, file.generation.sizeSeen)
        endings.append(Ending(generation: original, lostBytes: max(0, original.sizeSeen - covered)))
        logger.info("\(file.generation.path) is the copy of \(original.path): it is read on at \(comparison.through)")
        let copy = file.generation
        file.generation = Generation(
            id: copy.id, identity: copy.identity, path: copy.path, startOffset: original.startOffset,
            progress: comparison.progress, sizeSeen: copy.sizeSeen)
        file.lookedThrough = comparison.progress.offset
        file.mode = .reading
        file.isConfirmedCopy = false
        file.isSoughtAsCopy = false
        touch(file)
        enqueue(file)
        // Another copy of the same file is now a copy of this one.
        for other in table.files where other.original == id { other.mode = .candidate(originals: [copy.id]) }
    }

    /// A copy that no pattern matches still has what was not read before the truncation.
    private func searchCopies(of generation: Generation, now: ContinuousClock.Instant) {
        let folder = Self.folder(of: generation.path)
        guard let entries = try? FileFinder.entries(of: folder) else { return }
        for entry in entries {
            let path = "\(folder)/\(entry.name)"
            guard RotatedName.originals(of: path).contains(generation.path),
                case .success(let facts) = FileFacts.of(path: path), facts.isRegular,
                facts.size > generation.current.offset, table.byIdentity[facts.identity] == nil,
                table.vanished[facts.identity] == nil
            else { continue }
            let file = TailedFile(
                generation: Generation(
                    id: .random(in: 1...UInt64.max), identity: facts.identity, path: path, start: .beginning,
                    size: facts.size),
                isRecognised: true, now: now)
            file.isListed = false
            file.isSoughtAsCopy = true
            file.mode = .candidate(originals: [generation.id])
            table.add(file)
            judge(file, now: now)
            if case .comparing = file.mode { continue }
            discard(file)
        }
    }

    private func discard(_ file: TailedFile) {
        table.remove(file)
        detach(file)
    }

    /// Generations that nothing can be a copy of any more end with what was lost of them.
    private func settleOrphans(now: ContinuousClock.Instant) {
        var open: [Orphan] = []
        for orphan in orphans {
            let isSought =
                orphan.isLossy && orphan.isRecognisable && orphan.since.duration(to: now) < limits.copySearch
            if !orphan.isCommitted || isSought || isAwaited(orphan) {
                open.append(orphan)
                continue
            }
            let lostBytes = orphan.isLossy ? orphan.generation.unreadBytes : 0
            endings.append(Ending(generation: orphan.generation, lostBytes: lostBytes))
        }
        orphans = open
    }
}
