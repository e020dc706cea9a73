/// One element of `listeners` or `advertised.listeners`: `NAME://HOST:PORT`.
private struct PropertyListener {
    let name: String
    /// Empty where all addresses are meant.
    let host: String
    let port: Int
    let location: SourceLocation

    init(_ text: ConfigText, of key: ConfigKey) throws(Diagnostic) {
        guard let match = text.text.wholeMatch(of: /([A-Za-z0-9_.-]+):\/\/(.*)/) else { throw Self.refusal(text, key) }
        let isAnywhere = match.2.hasPrefix(":")
        guard let address = ListenAddress((isAnywhere ? "any" : "") + match.2) else { throw Self.refusal(text, key) }
        name = match.1.uppercased()
        host = isAnywhere ? "" : address.host
        port = address.port
        location = text.location
    }

    private static func refusal(_ text: ConfigText, _ key: ConfigKey) -> Diagnostic {
        Diagnostic(
            .error, "'\(key.name)' has '\(text.text)'; it must be NAME://HOST:PORT, such as PLAINTEXT://127.0.0.1:9092",
            at: text.location)
    }
}

extension ServerProperties {
    static let listenersKey = ConfigKey(
        "listeners", .text, default: "PLAINTEXT://127.0.0.1:9092",
        "Where clients are served: one `NAME://HOST:PORT` whose protocol is PLAINTEXT; an empty HOST is every address. A controller's"
            + " listener beside it is passed over.")
    static let advertisedListenersKey = ConfigKey(
        "advertised.listeners", .text, default: "listeners",
        "Where clients are told to connect; needed where `listeners` takes every address.")

    /// Protocols that every listener of the same name has.
    private static let knownProtocols = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]

    mutating func applyListeners() throws(Diagnostic) {
        var name = "PLAINTEXT"
        if let listeners {
            let listener = try clientListener(listeners)
            name = listener.name
            let host = listener.host.isEmpty ? "0.0.0.0" : listener.host
            settings.embedded.listen = .at(ListenAddress(host: host, port: listener.port))
        }
        if let advertisedListeners {
            let advertised = try elements(advertisedListeners, of: Self.advertisedListenersKey)
            for listener in advertised where listener.name != name {
                throw Diagnostic(
                    .error, "'advertised.listeners' has '\(listener.name)', which is not among the listeners",
                    at: listener.location)
            }
            guard let listener = advertised.first,
                let address = AdvertisedAddress(host: listener.host, checkedPort: listener.port)
            else {
                throw Diagnostic(
                    .error, "'advertised.listeners' names no host that clients could be sent to",
                    at: advertised.first?.location ?? advertisedListeners.location)
            }
            settings.embedded.advertise = address
        }
        guard let listeners, let address = settings.embedded.listen.address, address.isWildcard else { return }
        guard settings.embedded.advertise == nil, !listensElsewhere else { return }
        throw Diagnostic(
            .error, "'listeners' takes every address; say with 'advertised.listeners' which of them clients use",
            at: listeners.location)
    }

    /// The one listener for clients.
    private func clientListener(_ text: ConfigText) throws(Diagnostic) -> PropertyListener {
        let all = try elements(text, of: Self.listenersKey)
        guard let first = all.first else {
            throw Diagnostic(
                .error,
                "'listeners' has none for clients, but a controller's alone, and there is no controller here: take the file of a broker,"
                    + " or add PLAINTEXT://HOST:PORT", at: text.location)
        }
        for listener in all {
            guard let kind = protocols[listener.name] ?? Self.knownProtocols.first(where: { $0 == listener.name })
            else {
                throw Diagnostic(
                    .error, "listener '\(listener.name)' has no protocol; say it in 'listener.security.protocol.map'",
                    at: listener.location)
            }
            guard kind == "PLAINTEXT" else {
                throw Diagnostic(
                    .error,
                    "listener '\(listener.name)' is \(kind): TLS and SASL are not implemented yet; use PLAINTEXT on an address that only"
                        + " this machine reaches", at: listener.location)
            }
        }
        guard all.count == 1 else {
            throw Diagnostic(
                .error,
                "'listeners' has \(all.count) for clients; there is one: keep '\(first.name)' or another of them",
                at: all[1].location)
        }
        return first
    }

    /// The elements but those of a controller.
    private func elements(_ text: ConfigText, of key: ConfigKey) throws(Diagnostic) -> [PropertyListener] {
        var found: [PropertyListener] = []
        for element in try key.elements(.one(text)) { found.append(try PropertyListener(element, of: key)) }
        return found.filter { !controllerListeners.contains($0.name) }
    }
}

extension AdvertisedAddress {
    /// Nil for a host or a port that stands for any.
    fileprivate init?(host: String, checkedPort port: Int) {
        guard !host.isEmpty, !ListenAddress(host: host, port: port).isWildcard, port != 0 else { return nil }
        self.init(host: host, port: port)
    }
}
