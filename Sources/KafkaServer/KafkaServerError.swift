import Glibc
import NIOCore

/// Why the server cannot run: the one error type of this module.
package struct KafkaServerError: Error, Sendable, CustomStringConvertible {
    /// What a caller may act on.
    package enum Code: Sendable {
        /// The address is not one of this machine.
        case addressElsewhere
        case unknownHost
        /// This user may not listen on the port.
        case notPermitted
        /// The address is taken, or cannot be had for another reason.
        case unavailable
    }

    package let code: Code
    /// The address and the system's reason.
    package let description: String

    /// - Parameter error: what binding the address failed with.
    init(listeningOn host: String, port: Int, _ error: any Error) {
        let reason: String
        switch error {
        case let error as IOError:
            code =
                switch error.errnoCode {
                case EADDRNOTAVAIL: .addressElsewhere
                case EACCES: .notPermitted
                default: .unavailable
                }
            reason = String(cString: strerror(error.errnoCode))
        case SocketAddressError.unknown, is SocketAddressError.UnknownHost:
            code = .unknownHost
            reason = "no such host"
        default:
            code = .unavailable
            reason = "\(error)"
        }
        description = "cannot listen on \(host.contains(":") ? "[\(host)]" : host):\(port): \(reason)"
    }
}
