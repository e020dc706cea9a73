import Glibc

/// Takes out of a field what names a person.
enum FieldMask {
    /// An IP address keeps its network: the first 24 bits of an IPv4 address, 48 of an IPv6 one. Everything else becomes `***`.
    static func mask(_ value: ExpressionValue) -> [UInt8] {
        guard case .text(let text) = value, text.count <= 45 else { return Array("***".utf8) }
        let address = String(decoding: text, as: UTF8.self)
        var version4 = in_addr()
        if inet_pton(AF_INET, address, &version4) == 1 {
            let octets = withUnsafeBytes(of: version4) { Array($0) }
            return Array("\(octets[0]).\(octets[1]).\(octets[2]).0".utf8)
        }
        var version6 = in6_addr()
        guard inet_pton(AF_INET6, address, &version6) == 1 else { return Array("***".utf8) }
        let octets = withUnsafeBytes(of: version6) { Array($0) }
        let groups = (0..<3).map { UInt16(octets[2 * $0]) << 8 | UInt16(octets[2 * $0 + 1]) }
        guard groups.contains(where: { $0 != 0 }) else { return Array("::".utf8) }
        return Array((groups.map { String($0, radix: 16) }.joined(separator: ":") + "::").utf8)
    }
}
