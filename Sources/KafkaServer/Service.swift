import BrokerCore
import KafkaProtocol
import Logging

/// Carries out requests on the broker. The APIs are in `Handlers`, one to a file.
struct Service: Sendable {
    /// The one broker's number.
    static let nodeId: Int32 = 1

    let broker: Broker
    /// Where clients are told to find the broker.
    let host: String
    let port: Int
    let autoCreatesTopics: Bool
    let limits: ServerLimits
    let sessions: Session.Count
    let logger: Logger

    /// Begins a request; what it has to wait for is left to the answer.
    /// - Throws: where the bytes are no request that is known, or records are refused that no answer was wanted for: the connection is to end.
    func begin(_ frame: [UInt8]) async throws(ProtocolError) -> Answer {
        var reader = FrameReader(frame)
        let header = try RequestHeader(&reader)
        let version = header.version
        guard let key = APIKey(rawValue: header.apiKey), key.versions.contains(version) else {
            return try unsupported(header)
        }
        switch key {
        case .produce:
            let request = try ProduceRequest(&reader, version: version)
            let appended = produce(request, frame, version: version)
            // Waited for whether or not anybody is there to be told: the sync that makes the records visible begins with it.
            let waiting = Task { await acknowledge(appended) }
            guard request.acks != 0 else {
                // As Kafka does: a client that hears nothing learns by it that it has to look again.
                if let refusal = appended.refusal { throw ProtocolError(unanswered: refusal) }
                // In its turn all the same, so that what waits for the disk is bounded here too.
                return .later {
                    _ = await waiting.value
                    return nil
                }
            }
            return .later {
                let response = await waiting.value
                return Self.answer(header, key) { response.write(to: &$0, version: version) }
            }
        case .fetch:
            let request = try FetchRequest(&reader, version: version)
            return .later {
                let response = await fetch(request)
                return Self.answer(header, key) { response.write(to: &$0, version: version) }
            }
        case .listOffsets:
            let response = listOffsets(try ListOffsetsRequest(&reader, version: version))
            return .ready(Self.answer(header, key) { response.write(to: &$0, version: version) })
        case .metadata:
            let response = await metadata(try MetadataRequest(&reader, version: version))
            return .ready(Self.answer(header, key) { response.write(to: &$0, version: version) })
        case .apiVersions:
            _ = try ApiVersionsRequest(&reader, version: version)
            return .ready(Self.answer(header, key) { ApiVersionsResponse().write(to: &$0, version: version) })
        case .initProducerId:
            let response = await initProducerId(try InitProducerIdRequest(&reader, version: version))
            return .ready(Self.answer(header, key) { response.write(to: &$0, version: version) })
        }
    }

    /// Whether the frame, which has its eight bytes at least, is to write records.
    static func isProduce(_ frame: [UInt8]) -> Bool { frame[0] == 0 && frame[1] == 0 }

    private static func answer(
        _ header: RequestHeader, _ key: APIKey, _ write: (inout FrameWriter) -> Void
    ) -> [UInt8] {
        var writer = FrameWriter(answering: header.correlationId, key, version: header.version)
        write(&writer)
        return writer.finished()
    }

    /// A version of ApiVersions that is not known is answered as version 0 (KIP-511), so that a client newer than the broker can go on. Any other request
    /// that no answer fits ends its connection, as Kafka does: the client was told what is served.
    private func unsupported(_ header: RequestHeader) throws(ProtocolError) -> Answer {
        guard header.apiKey == APIKey.apiVersions.rawValue else {
            throw ProtocolError(
                unsupported: header.apiKey, version: header.version, clientId: header.clientId ?? "without a name")
        }
        var writer = FrameWriter(answering: header.correlationId, .apiVersions, version: 0)
        ApiVersionsResponse(error: .unsupportedVersion).write(to: &writer, version: 0)
        return .ready(writer.finished())
    }
}
