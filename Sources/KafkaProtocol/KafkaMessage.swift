/// A request of one API, in all versions that are served.
package protocol KafkaRequest: Sendable {
    associatedtype Response: KafkaResponse
    /// Reads what follows the header, to the frame's end; `version` is one of the API's.
    init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError)
}

/// What answers it.
package protocol KafkaResponse: Sendable {
    /// Writes what follows the header, as that version has it.
    func write(to writer: inout FrameWriter, version: Int16)
}
