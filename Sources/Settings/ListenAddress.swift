/// Where a server listens: a name or an address of this machine, and a port.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    public let host: String
    /// 0 to 65,535; 0 stands for any port that is free.
    public let port: Int

    /// Creates an address.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT`, where an IPv6 address stands in brackets; nil for any other text.
    public init?(_ text: String) {
        guard let (host, port) = HostAndPort.parse(text), let port else { return nil }
        self.init(host: host, port: port)
    }

    /// Reads the address of a broker to connect to: `HOST`, which is at Kafka's own port, or `HOST:PORT`; nil for any other text.
    package init?(broker text: some StringProtocol) {
        guard let (host, port) = HostAndPort.parse(String(text)), port != 0 else { return nil }
        self.init(host: host, port: port ?? KafkaListener.usualAddress.port)
    }

    /// Whether only this machine can come to it.
    public var isLoopback: Bool {
        host == "localhost" || host == "::1" || host.wholeMatch(of: /127(?:\.\d{1,3}){3}/) != nil
    }

    /// Whether it stands for all addresses of the machine.
    public var isWildcard: Bool { host == "0.0.0.0" || host == "::" }

    /// `HOST:PORT`, an IPv6 address in brackets.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Where clients are told to connect, which is another address than the server's own behind a port that is forwarded.
public struct AdvertisedAddress: Hashable, Sendable {
    /// A name or an address that clients can reach.
    public let host: String
    /// The port they come to; nil for the one that the server listens on.
    public let port: Int?

    /// Creates an address.
    public init(host: String, port: Int? = nil) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST` or `HOST:PORT`, where an IPv6 address stands in brackets; nil for any other text, and for an address that stands for all.
    public init?(_ text: String) {
        guard let (host, port) = HostAndPort.parse(text), port != 0,
            !ListenAddress(host: host, port: 0).isWildcard
        else { return nil }
        self.init(host: host, port: port)
    }
}

private enum HostAndPort {
    static func parse(_ text: String) -> (host: String, port: Int?)? {
        guard
            let match = text.wholeMatch(
                of: /(?:\[(?<address>[0-9A-Fa-f:.]+)\]|(?<name>[^:\[\]\s\/]+))(?::(?<port>\d{1,5}))?/),
            let host = match.address ?? match.name
        else { return nil }
        guard let digits = match.port ?? nil else { return (String(host), nil) }
        guard let port = UInt16(digits) else { return nil }
        return (String(host), Int(port))
    }
}

/// Whether and where Kafka's clients are served.
public enum KafkaListener: Hashable, Sendable {
    /// At `usual`, because nothing else is asked for.
    case usual
    /// At this address.
    case at(ListenAddress)
    /// Nowhere.
    case off

    /// Kafka's port on this machine's own address.
    public static let usualAddress = ListenAddress(host: "127.0.0.1", port: 9092)

    /// The address to listen on; nil for nowhere.
    public var address: ListenAddress? {
        switch self {
        case .usual: Self.usualAddress
        case .at(let address): address
        case .off: nil
        }
    }
}
