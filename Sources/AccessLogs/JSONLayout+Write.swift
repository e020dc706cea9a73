extension JSONLayout {
    /// A line that was scanned, without anything that would be reference-counted.
    struct Source {
        let base: UnsafeRawPointer
        let byteCount: Int
        let ranges: UnsafeBufferPointer<Range<Int>>
        let escape: LogEscape
        /// Whether an absent variable leaves a dash and not nothing.
        let absentIsDash: Bool
        /// Bit i: the text of field i may be other than its value, or other than printable ASCII.
        let unclean: UInt64
        let lastTime: LastTime

        /// - Parameter escaped: Bit i: field i holds escapes.
        init(
            _ base: UnsafeRawPointer, byteCount: Int, ranges: UnsafeBufferPointer<Range<Int>>, escape: LogEscape,
            escaped: UInt64, lastTime: LastTime
        ) {
            self.base = base
            self.byteCount = byteCount
            self.ranges = ranges
            self.escape = escape
            absentIsDash = escape.rawValue <= LogEscape.apache.rawValue
            unclean = absentIsDash ? escaped : .max
            self.lastTime = lastTime
        }

        @inline(__always)
        func isClean(_ field: Int) -> Bool { unclean & (1 &<< UInt64(field)) == 0 }

        /// The text of a field. A range of another line cannot be read; it is nothing of this one.
        @inline(__always)
        func range(of field: Int) -> Range<Int>? {
            guard field < ranges.count, ranges[field].lowerBound >= 0, ranges[field].upperBound <= byteCount
            else { return nil }
            return ranges[field]
        }

        /// Whether the server wrote that the variable does not exist.
        @inline(__always)
        func isAbsent(_ range: Range<Int>) -> Bool {
            if range.isEmpty { return !absentIsDash }
            return range.count == 1 && base.load(fromByteOffset: range.lowerBound, as: UInt8.self) == UInt8(ascii: "-")
        }
    }

    /// Writes the object of a line; at most `bytesMax` bytes.
    @inline(__always)
    func write(_ source: Source, _ writer: inout JSONWriter) {
        var notText: UInt64 = 0
        var partsNotText: UInt8 = 0
        for member in members {
            writer.key(keys, member.key)
            guard let range = source.range(of: member.field) else {
                writer.null()
                if member.writesRequestParts { writeNoParts(&writer) }
                continue
            }
            let isClean = source.isClean(member.field)
            if !write(member, source, range, isClean: isClean, &writer) { notText |= 1 << UInt64(member.field) }
            if member.writesTime {
                writer.key(keys, timeKey)
                writeTime(member.kind, source, range, &writer)
            }
            if member.writesRequestParts { partsNotText = writeParts(source, range, isClean: isClean, &writer) }
        }
        if notText != 0 || partsNotText != 0 { writeNotText(notText, partsNotText, &writer) }
        writer.byte(UInt8(ascii: "}"))
    }

    /// Writes one value; false when it is not UTF-8.
    @inline(__always)
    private func write(
        _ member: Member, _ source: Source, _ range: Range<Int>, isClean: Bool, _ writer: inout JSONWriter
    ) -> Bool {
        let base = source.base
        if source.isAbsent(range) {
            writer.null()
            return true
        }
        switch member.shape {
        case .number: writer.copyShort(base, range)
        case .status:
            var start = range.lowerBound
            while start < range.upperBound - 1, base.load(fromByteOffset: start, as: UInt8.self) == 0x30 { start += 1 }
            writer.copyShort(base, start..<range.upperBound)
        case .quoted: writer.cleanWord(base, range)
        case .word where isClean: writer.cleanWord(base, range)
        case .text where isClean: writer.cleanString(base, range)
        case .word, .text: return writer.string(base, range, escape: source.escape)
        case .other: return writeOther(member.kind, source, range, isClean: isClean, &writer)
        }
        return true
    }

    private func writeOther(
        _ kind: FieldKind, _ source: Source, _ range: Range<Int>, isClean: Bool, _ writer: inout JSONWriter
    ) -> Bool {
        let base = source.base
        switch kind {
        case .numberList, .numericText:
            if FieldText.number(in: base, from: range.lowerBound, to: range.upperBound) == range.upperBound {
                writer.copyShort(base, range)
                return true
            }
        case .timeError:
            EventTime.write(kind, in: base, range: range, to: &writer)
            return true
        case .user:
            if source.escape == .apache, range.count == 2,
                base.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt16.self) == 0x2222
            {
                writer.literal("\"\"")
                return true
            }
        default: break
        }
        // As the room was reckoned: what is clean grows by its quotes alone.
        guard !isClean else {
            writer.cleanString(base, range)
            return true
        }
        return writer.string(base, range, escape: source.escape)
    }

    @inline(__always)
    private func writeTime(_ kind: FieldKind, _ source: Source, _ range: Range<Int>, _ writer: inout JSONWriter) {
        if kind == .timeLocal, range.count == LogTime.localBytes,
            source.lastTime.write(source.base, at: range.lowerBound, to: &writer)
        {
            return
        }
        EventTime.write(kind, in: source.base, range: range, to: &writer)
    }

    /// Writes the parts of the request; bit i of the result: part i is not UTF-8.
    @inline(__always)
    private func writeParts(
        _ source: Source, _ range: Range<Int>, isClean: Bool, _ writer: inout JSONWriter
    ) -> UInt8 {
        let base = source.base
        guard let line = RequestLine(base, range) else {
            writeNoParts(&writer)
            return 0
        }
        var notText: UInt8 = 0
        if let key = methodKey {
            writer.key(keys, key)
            writer.cleanWord(base, line.method)
        }
        if let key = uriKey {
            writer.key(keys, key)
            if isClean {
                writer.cleanString(base, line.uri)
            } else if !writer.string(base, line.uri, escape: source.escape) {
                notText |= 2
            }
        }
        if let key = protocolKey {
            writer.key(keys, key)
            if let version = line.version { writer.cleanWord(base, version) } else { writer.null() }
        }
        return notText
    }

    private func writeNoParts(_ writer: inout JSONWriter) {
        for case .some(let key) in partKeys {
            writer.key(keys, key)
            writer.null()
        }
    }

    /// Writes the names of the members that are not UTF-8.
    private func writeNotText(_ fields: UInt64, _ parts: UInt8, _ writer: inout JSONWriter) {
        var separator = UInt8(ascii: "[")
        func name(_ key: Range<Int>, _ writer: inout JSONWriter) {
            writer.byte(separator)
            // A key is `,"name":`; what stands between its first and last byte is the name in quotes.
            writer.key(keys, key.lowerBound + 1..<key.upperBound - 1)
            separator = UInt8(ascii: ",")
        }
        writer.key(keys, notTextKey)
        for member in members {
            if fields & (1 << UInt64(member.field)) != 0 { name(member.key, &writer) }
            guard member.writesRequestParts else { continue }
            for (index, key) in partKeys.enumerated() where parts & (1 << UInt8(index)) != 0 {
                if let key { name(key, &writer) }
            }
        }
        writer.byte(UInt8(ascii: "]"))
    }
}
