/// What the broker can do. Versions 0 to 4.
package struct ApiVersionsRequest: KafkaRequest {
    package typealias Response = ApiVersionsResponse

    package init(_ reader: inout FrameReader, version: Int16) throws(ProtocolError) {
        if version >= 3 {
            _ = try reader.string()  // the client's name
            _ = try reader.string()  // its version
        }
        try reader.endOfStructure()
        try reader.end()
    }
}

/// Every API with the versions that are served.
package struct ApiVersionsResponse: KafkaResponse {
    package var error = ErrorCode.none

    package init(error: ErrorCode = .none) { self.error = error }

    package func write(to writer: inout FrameWriter, version: Int16) {
        writer.error(error)
        writer.array(APIKey.allCases) { writer, key in
            writer.int16(key.rawValue)
            writer.int16(key.advertisedVersions.lowerBound)
            writer.int16(key.advertisedVersions.upperBound)
            writer.endOfStructure()
        }
        if version >= 1 { writer.throttleTime() }
        writer.endOfStructure()
    }
}
