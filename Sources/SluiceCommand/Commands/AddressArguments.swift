import ArgumentParser
import Settings

extension ListenAddress {
    init(argument text: String) throws {
        guard let address = ListenAddress(text) else {
            throw ValidationError("'\(text)' is no address to listen on; it is HOST:PORT, such as 127.0.0.1:9092")
        }
        self = address
    }
}

extension AdvertisedAddress {
    init(argument text: String) throws {
        guard let address = AdvertisedAddress(text) else {
            throw ValidationError(
                "'\(text)' is no address to send clients to; it is HOST or HOST:PORT, and stands for one machine")
        }
        self = address
    }
}

extension KafkaListener {
    init(argument text: String) throws {
        self = text == "none" ? .off : .at(try ListenAddress(argument: text))
    }
}

extension EmbeddedSettings {
    /// Refuses to listen on all addresses of the machine where none is named that a client could be sent to.
    func checkListener() throws {
        guard let address = listen.address, address.isWildcard, advertise == nil else { return }
        throw ValidationError(
            "\(address) is every address of this machine; say with --advertise HOST or stream.embedded.binder.advertise which of them clients use"
        )
    }
}

/// The value of `--data-dir`.
enum DataDirectoryArgument {
    /// - Throws: for an empty one, which a script makes of a variable that is not set.
    static func parse(_ path: String) throws -> String {
        guard !path.isEmpty else { throw ValidationError("it is empty; name a folder") }
        return path
    }
}
