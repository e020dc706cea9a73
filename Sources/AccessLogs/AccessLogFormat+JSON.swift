extension AccessLogFormat {
    /// Appends the JSON object of a line that this format accepted.
    ///
    /// Members are the variables in their order, `method`, `uri` and `protocol` after the request, and `time` (RFC 3339) after the first time; see
    /// `docs/access-log-formats.md`. Always valid JSON, whatever the bytes of the line.
    package func appendJSON(_ scanned: borrowing ScannedLine, of line: Span<UInt8>, to output: inout [UInt8]) {
        if case .json = engine {
            line.withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                JSONObjectLine.append(scanned.ranges, base, lineBytes: bytes.count, to: &output)
            }
            return
        }
        // Without a reference, which would be counted for every line. `self` keeps it alive.
        let layout = Unmanaged.passUnretained(layout)
        let (escape, escaped, lastTime) = (scanned.escape, scanned.escaped, scanned.lastTime)
        let ranges = scanned.ranges.span
        ranges.withUnsafeBufferPointer { ranges in
            line.withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                let source = JSONLayout.Source(
                    base, byteCount: bytes.count, ranges: ranges, escape: escape, escaped: escaped,
                    lastTime: lastTime)
                let capacity = layout._withUnsafeGuaranteedRef { $0.bytesMax(source) }
                output.append(addingCapacity: capacity) { span in
                    span.withUnsafeMutableBufferPointer { memory, count in
                        guard let start = memory.baseAddress else { return }
                        // SAFETY: `capacity` covers what is written and the writer's slack.
                        var writer = JSONWriter(
                            UnsafeMutableRawPointer(start + count), sourceEnd: base + bytes.count)
                        layout._withUnsafeGuaranteedRef { $0.write(source, &writer) }
                        count += writer.count
                    }
                }
            }
        }
    }
}
