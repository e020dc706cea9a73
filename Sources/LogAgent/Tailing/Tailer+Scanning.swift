extension Tailer {
    // MARK: Start

    /// Takes over what the state topic says. Files are found by the first scan.
    func restore(_ generations: [Generation]) {
        for generation in generations {
            // Of two generations of one inode the newer is in the file; the older can only have been overwritten.
            if let older = table.keep(generation) { orphans.append(Orphan(generation: older, isLossy: true)) }
        }
        needsScan = true
    }

    /// Puts everything back to what the state topic says, after a commit whose outcome was not known.
    /// - Returns: whether the commit took place.
    func reconcile(_ generations: [Generation]) -> Bool {
        let recorded = Dictionary(generations.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        let isCommitted =
            endings.contains { $0.generation.isRecorded && recorded[$0.generation.id] == nil }
            || touched.contains { file in
                file.generation.current != file.generation.committed
                    && recorded[file.generation.id]?.current == file.generation.current
            }
            || touched.contains { file in
                file.isEnding && file.generation.isRecorded && recorded[file.generation.id] == nil
            }
        if isCommitted {
            endings.removeAll()
            cuts.removeAll()
        }
        for file in Array(table.files) {
            let known = recorded[file.generation.id]
            if isCommitted, file.isFinishing, file.isDeleted, known == nil {
                letGo(file)
                continue
            }
            if let known {
                file.generation.restore(known.current)
                file.generation.isRecorded = true
            }
            file.rewind()
            touch(file)
            enqueue(file)
        }
        for index in orphans.indices {
            if let known = recorded[orphans[index].generation.id] {
                orphans[index].generation.restore(known.current)
            } else {
                orphans[index].generation.rewind()
            }
        }
        needsScan = true
        return isCommitted
    }

    // MARK: Events

    /// Takes the kernel's events: changed files are queued, changed names ask for a scan.
    func drainEvents() {
        watch?.drain { event in
            switch event {
            case .changed(let path): if let file = table.byPath[path] { enqueue(file) }
            case .renamed(let path, let isFolder):
                if isFolder || table.byPath[path] != nil || finder.wants(path) { needsScan = true }
            case .unknown: needsScan = true
            }
        }
    }

    // MARK: Scan

    /// Looks for files, and at every file that is tailed.
    /// - Parameter isFirstRun: no scan of this input was ever committed, so `start: end` applies to what is found.
    func scan(isFirstRun: Bool, now: ContinuousClock.Instant) {
        needsScan = false
        let findings = finder.find()
        problems = findings.problems
        if !hasScanned {
            hasScanned = true
            // An input that is quiet for a mistyped path looks like one whose server is quiet.
            for pattern in finder.unmatched(findings) {
                logger.warning("input '\(settings.name)': no file matches \(pattern) yet")
            }
        }
        for folder in findings.folders {
            do throws(SystemError) {
                try watch?.watch(folder)
            } catch {
                if !error.isAbsence { problems[folder] = "cannot be watched, only looked at regularly: \(error)" }
            }
        }
        var listed: Set<FileIdentity> = []
        var newcomers: [FileFinder.Match] = []
        for match in findings.matches {
            // A second name of a file, or a link to it: it is read once.
            guard listed.insert(match.facts.identity).inserted else { continue }
            if let file = table.byIdentity[match.facts.identity] {
                look(at: file, match, now: now)
            } else {
                newcomers.append(match)
            }
        }
        for file in table.files where !listed.contains(file.generation.identity) { lookAtUnlisted(file, now: now) }
        let added = newcomers.compactMap { add($0, isFirstRun: isFirstRun, now: now) }
        // A copy and its original may be found by the same scan: all are there before any is suspected.
        for (file, originals) in zip(added, possibleOriginals(of: added.map(\.generation.path)))
        where !originals.isEmpty {
            file.mode = .candidate(originals: originals)
        }
        findMovedWhileAway(now: now)
        judgeCandidates(now: now)
    }

    private func look(at file: TailedFile, _ match: FileFinder.Match, now: ContinuousClock.Instant) {
        file.isListed = true
        if file.generation.path != match.path {
            table.move(file, to: match.path)
            touch(file)
        }
        if file.generation.isSealed {
            file.generation.isSealed = false
            touch(file)
        }
        if file.problem != nil || match.facts.size != file.generation.sizeSeen || file.isBehind {
            enqueue(file)
        }
    }

    /// Takes on a file that is in sight for the first time, or again.
    /// - Returns: the file if it is to be read from its first byte.
    private func add(_ match: FileFinder.Match, isFirstRun: Bool, now: ContinuousClock.Instant) -> TailedFile? {
        if let known = table.recall(match.facts.identity) {
            adopt(known, path: match.path, now: now)
            return nil
        }
        var start = TailProgress.beginning
        if isFirstRun, settings.start == .end {
            do throws(SystemError) {
                start = try Self.end(of: match, readBytes: limits.readBytes)
            } catch {
                problems[match.path] = "its end cannot be found: \(error)"
                return nil
            }
        }
        let generation = Generation(
            id: .random(in: 1...UInt64.max), identity: match.facts.identity, path: match.path, start: start,
            size: match.facts.size)
        let file = TailedFile(generation: generation, isRecognised: start.offset == 0, now: now)
        table.add(file)
        enqueue(file)
        guard start.offset > 0 else { return file }
        touch(file)
        return nil
    }

    /// The place after the last newline of a file: an unfinished last line is still to come, in whole.
    private static func end(of match: FileFinder.Match, readBytes: Int) throws(SystemError) -> TailProgress {
        let handle = try OpenFile(path: match.path)
        var end = match.facts.size
        while end > 0 {
            let start = max(0, end - Int64(readBytes))
            let bytes = try handle.bytes(at: start, count: Int(end - start))
            if let newline = bytes.lastIndex(of: UInt8(ascii: "\n")) {
                end = start + Int64(newline) + 1
                break
            }
            end = start
        }
        let headerBytes = min(end, TailProgress.headerBytesMax)
        let tailBytes = min(end, TailProgress.tailBytesMax)
        return TailProgress(
            beginningAt: end, header: try handle.bytes(at: 0, count: Int(headerBytes)),
            tail: try handle.bytes(at: end - tailBytes, count: Int(tailBytes)))
    }

    /// Goes on with a generation whose file has come in sight again. Its bytes are compared before anything is read.
    @discardableResult
    private func adopt(_ generation: Generation, path: String, now: ContinuousClock.Instant) -> TailedFile {
        var generation = generation
        let isMoved = generation.path != path || generation.isSealed
        generation.path = path
        generation.isSealed = false
        let file = TailedFile(generation: generation, isRecognised: false, now: now)
        table.add(file)
        if isMoved { touch(file) }
        enqueue(file)
        return file
    }

    // MARK: Files that no pattern matches any more

    private func lookAtUnlisted(_ file: TailedFile, now: ContinuousClock.Instant) {
        file.isListed = false
        guard let handle = file.open else {
            if let path = findMoved(file.generation) {
                table.move(file, to: path)
                touch(file)
                enqueue(file)
            } else {
                table.remove(file)
                keepVanished(file.generation)
            }
            return
        }
        do throws(SystemError) {
            let facts = try handle.facts()
            file.isDeleted = !facts.hasName
            if let path = handle.presentPath(), path != file.generation.path {
                table.move(file, to: path)
                touch(file)
            }
            if facts.size != file.generation.sizeSeen || file.isBehind {
                enqueue(file)
            } else {
                finishIfQuiet(file, now: now)
            }
        } catch {
            report(error, about: file)
        }
    }

    /// Lets a file go that was read to its end and is not written any more.
    private func finishIfQuiet(_ file: TailedFile, now: ContinuousClock.Instant) {
        let patience = file.isDeleted ? limits.deletedFileQuiet : limits.renamedFileQuiet
        guard file.isReading, !file.isQueued, !file.isFinishing, file.grewAt.duration(to: now) >= patience else {
            return
        }
        file.isFinishing = true
        if !file.isDeleted { file.generation.isSealed = true }
        touch(file)
        // What a deleted file's last line has is all that it will ever have.
        if file.isDeleted { enqueue(file) }
    }

    /// Files that were renamed out of the patterns while the agent was away are read to their end.
    private func findMovedWhileAway(now: ContinuousClock.Instant) {
        for generation in table.vanished.values where !generation.isSealed {
            guard let path = findMoved(generation), let known = table.recall(generation.identity) else { continue }
            adopt(known, path: path, now: now).isListed = false
        }
    }

    /// Where the generation's file is now, if it is in the folder where it was.
    private func findMoved(_ generation: Generation) -> String? {
        let folder = Self.folder(of: generation.path)
        guard let entries = try? FileFinder.entries(of: folder) else { return nil }
        for entry in entries where entry.inode == generation.identity.inode {
            let path = "\(folder)/\(entry.name)"
            if case .success(let facts) = FileFacts.of(path: path), facts.identity == generation.identity {
                return path
            }
        }
        return nil
    }

    static func folder(of path: String) -> String { String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }

    /// Remembers a generation out of sight, within the limit.
    func keepVanished(_ generation: Generation) {
        if let older = table.keep(generation) { orphans.append(Orphan(generation: older, isLossy: true)) }
        guard table.vanished.count > limits.vanishedGenerationsMax, let oldest = table.forgetOldest() else { return }
        endings.append(Ending(generation: oldest, lostBytes: 0))
    }
}
