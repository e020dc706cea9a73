/// What every request begins with.
package struct RequestHeader: Sendable {
    /// The API's key, which may be one that is not served.
    package let apiKey: Int16
    package let version: Int16
    /// What the answer is to carry.
    package let correlationId: Int32
    package let clientId: String?

    /// Reads the header; the reader then stands at the message and reads it as its version is written.
    package init(_ reader: inout FrameReader) throws(ProtocolError) {
        apiKey = try reader.int16()
        version = try reader.int16()
        correlationId = try reader.int32()
        // Of flexible versions too, so that a broker can tell the client's name before it knows the version.
        clientId = try reader.classicNullableString()
        guard let key = APIKey(rawValue: apiKey), key.versions.contains(version) else { return }
        reader.isFlexible = key.isFlexible(version)
        try reader.endOfStructure()
    }
}

extension FrameWriter {
    /// Begins the answer to a request of that API and version.
    package init(answering correlationId: Int32, _ key: APIKey, version: Int16) {
        self.init()
        int32(correlationId)
        isFlexible = key.isFlexible(version)
        // The answer to ApiVersions has the oldest header: a client reads it before it knows what the broker can do (KIP-511).
        if key != .apiVersions { endOfStructure() }
    }
}
