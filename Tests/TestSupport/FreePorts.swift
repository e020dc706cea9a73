import Glibc

/// TCP ports on which nobody listens at present: given out by the system and let go again, held at the same time so that they differ.
package func freePorts(_ count: Int) throws -> [UInt16] {
    var ports: [UInt16] = []
    var sockets: [Int32] = []
    defer { for socket in sockets { close(socket) } }
    for _ in 0..<count {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        sockets.append(socket)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        guard isBound else {
            throw ChildProcess.Failure(description: "no free port: \(String(cString: strerror(errno)))")
        }
        ports.append(UInt16(bigEndian: address.sin_port))
    }
    return ports
}
