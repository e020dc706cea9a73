extension AccessLogFormat {
    /// Appends the JSON object of a line that this format accepted.
    ///
    /// Members are the variables in their order, `method`, `uri` and `protocol` after the request, and `time` (RFC 3339) after the first time; see
    /// `docs/access-log-formats.md`. Always valid JSON, whatever the bytes of the line.
    package func appendJSON(_ scanned: borrowing ScannedLine, of line: Span<UInt8>, to output: inout [UInt8]) {
        line.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            if case .json = engine {
                JSONObjectLine.append(scanned.ranges, base, lineBytes: bytes.count, to: &output)
                return
            }
            let usual: Bool
            switch scanned.escape {
            case .nginxDefault, .apache: usual = scanned.escaped == 0
            case .json, .none: usual = false
            }
            let capacity = layout.bytesMax(lineBytes: bytes.count, isClean: usual)
            output.append(addingCapacity: capacity) { span in
                span.withUnsafeMutableBufferPointer { memory, count in
                    guard let start = memory.baseAddress else { return }
                    var writer = JSONWriter(UnsafeMutableRawPointer(start + count))
                    writeObject(scanned.ranges, scanned, base, lineBytes: bytes.count, &writer)
                    count += writer.count
                }
            }
        }
    }

    @inline(__always)
    private func writeObject(
        _ ranges: [Range<Int>], _ scanned: borrowing ScannedLine, _ base: UnsafeRawPointer, lineBytes: Int,
        _ writer: inout JSONWriter
    ) {
        var notText: UInt64 = 0
        var partsNotText: UInt8 = 0
        layout.keyBytes.withUnsafeBytes { keys in
            guard let keyBase = keys.baseAddress else { return }
            layout.members.withUnsafeBufferPointer { members in
                for member in members {
                    writer.copy(keyBase, member.key)
                    // A range of another line cannot be read; it is nothing of this one.
                    let range = ranges.indices.contains(member.field) ? ranges[member.field] : ScannedLine.absent
                    guard range.lowerBound >= 0, range.upperBound <= lineBytes else {
                        writer.null()
                        if member.writesRequestParts { writeNoParts(keyBase, &writer) }
                        continue
                    }
                    let isClean =
                        scanned.escape.rawValue <= LogEscape.apache.rawValue
                        && scanned.escaped & (1 << UInt64(member.field)) == 0
                    if !write(member.kind, base, range, isClean: isClean, escape: scanned.escape, &writer) {
                        notText |= 1 << UInt64(member.field)
                    }
                    if member.writesTime {
                        writer.copy(keyBase, layout.timeKey)
                        EventTime.write(member.kind, in: base, range: range, to: &writer)
                    }
                    if member.writesRequestParts {
                        partsNotText = writeParts(
                            keyBase, base, range, isClean: isClean, escape: scanned.escape, &writer)
                    }
                }
            }
            if notText != 0 || partsNotText != 0 { writeNotText(keyBase, notText, partsNotText, &writer) }
        }
        writer.byte(UInt8(ascii: "}"))
    }

    /// Writes one value; false when it is not UTF-8.
    @inline(__always)
    private func write(
        _ kind: FieldKind, _ base: UnsafeRawPointer, _ range: Range<Int>, isClean: Bool, escape: LogEscape,
        _ writer: inout JSONWriter
    ) -> Bool {
        if isAbsent(base, range, escape) {
            writer.null()
            return true
        }
        switch kind {
        case .integer, .seconds, .decimal, .epochSeconds, .epochSecondsMillis, .epochMilliseconds, .epochMicroseconds:
            writer.copy(base, range)
        case .status:
            var start = range.lowerBound
            while start < range.upperBound - 1, base.load(fromByteOffset: start, as: UInt8.self) == 0x30 { start += 1 }
            writer.copy(base, start..<range.upperBound)
        case .numberList, .numericText:
            if FieldText.number(in: base, from: range.lowerBound, to: range.upperBound) == range.upperBound {
                writer.copy(base, range)
            } else {
                return writer.string(base, range, escape: escape)
            }
        case .timeError: EventTime.write(kind, in: base, range: range, to: &writer)
        case .timeLocal, .timeISO8601, .addressList, .fixedDigits: writer.cleanString(base, range)
        case .user
        where escape == .apache && range.count == 2
            && base.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt16.self) == 0x2222:
            writer.literal("\"\"")
        case .text, .token, .address, .user, .request, .object:
            if isClean {
                writer.cleanString(base, range)
            } else {
                return writer.string(base, range, escape: escape)
            }
        }
        return true
    }

    @inline(__always)
    private func isAbsent(_ base: UnsafeRawPointer, _ range: Range<Int>, _ escape: LogEscape) -> Bool {
        if range.isEmpty { return escape.rawValue > LogEscape.apache.rawValue }
        return range.count == 1 && base.load(fromByteOffset: range.lowerBound, as: UInt8.self) == UInt8(ascii: "-")
    }

    /// Writes the parts of the request; bit i of the result: part i is not UTF-8.
    private func writeParts(
        _ keyBase: UnsafeRawPointer, _ base: UnsafeRawPointer, _ range: Range<Int>, isClean: Bool,
        escape: LogEscape, _ writer: inout JSONWriter
    ) -> UInt8 {
        guard let line = RequestLine(base, range) else {
            writeNoParts(keyBase, &writer)
            return 0
        }
        var notText: UInt8 = 0
        if let key = layout.partKeys[0] {
            writer.copy(keyBase, key)
            writer.cleanString(base, line.method)
        }
        if let key = layout.partKeys[1] {
            writer.copy(keyBase, key)
            if isClean {
                writer.cleanString(base, line.uri)
            } else if !writer.string(base, line.uri, escape: escape) {
                notText |= 2
            }
        }
        if let key = layout.partKeys[2] {
            writer.copy(keyBase, key)
            if let version = line.version { writer.cleanString(base, version) } else { writer.null() }
        }
        return notText
    }

    private func writeNoParts(_ keyBase: UnsafeRawPointer, _ writer: inout JSONWriter) {
        for case .some(let key) in layout.partKeys {
            writer.copy(keyBase, key)
            writer.null()
        }
    }

    /// Writes the names of the members that are not UTF-8.
    private func writeNotText(
        _ keyBase: UnsafeRawPointer, _ fields: UInt64, _ parts: UInt8, _ writer: inout JSONWriter
    ) {
        var separator = UInt8(ascii: "[")
        func name(_ key: Range<Int>, _ writer: inout JSONWriter) {
            writer.byte(separator)
            // A key is `,"name":`; what stands between its first and last byte is the name in quotes.
            writer.copy(keyBase, key.lowerBound + 1..<key.upperBound - 1)
            separator = UInt8(ascii: ",")
        }
        writer.copy(keyBase, layout.notTextKey)
        for member in layout.members {
            if fields & (1 << UInt64(member.field)) != 0 { name(member.key, &writer) }
            guard member.writesRequestParts else { continue }
            for (index, key) in layout.partKeys.enumerated() where parts & (1 << UInt8(index)) != 0 {
                if let key { name(key, &writer) }
            }
        }
        writer.byte(UInt8(ascii: "]"))
    }
}
