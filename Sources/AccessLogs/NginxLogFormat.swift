/// Reads the string of an nginx `log_format`, as it stands between its quotes in nginx.conf.
enum NginxLogFormat {
    static func pieces(_ format: String) throws(AccessLogFormatError) -> [LineTemplate.Piece] {
        let bytes = Array(format.utf8)
        var pieces: [LineTemplate.Piece] = []
        var literal: [UInt8] = []
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "$") {
                let start = position
                let name = try variable(bytes, &position)
                if !literal.isEmpty { pieces.append(.literal(literal)) }
                literal = []
                pieces.append(.field(.init(name: name, kind: NginxVariables.kind(of: name)), offset: start))
            } else if byte == ByteSearch.backslash, position + 1 < bytes.count,
                let plain = unquoted(bytes[position + 1])
            {
                literal.append(plain)
                position += 2
            } else {
                literal.append(byte)
                position += 1
            }
        }
        if !literal.isEmpty { pieces.append(.literal(literal)) }
        return pieces
    }

    /// `$name` or `${name}`.
    private static func variable(_ bytes: [UInt8], _ position: inout Int) throws(AccessLogFormatError) -> String {
        let start = position
        position += 1
        let isBraced = position < bytes.count && bytes[position] == UInt8(ascii: "{")
        if isBraced { position += 1 }
        let nameStart = position
        while position < bytes.count, isNameByte(bytes[position]) { position += 1 }
        guard position > nameStart else {
            throw AccessLogFormatError(.syntax, "a '$' must begin the name of a variable", offset: start)
        }
        let name = String(decoding: bytes[nameStart..<position], as: UTF8.self)
        if isBraced {
            guard position < bytes.count, bytes[position] == UInt8(ascii: "}") else {
                throw AccessLogFormatError(.syntax, "'${\(name)' needs a closing '}'", offset: start)
            }
            position += 1
        }
        return name
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// The escapes of nginx.conf's quoted strings.
    private static func unquoted(_ byte: UInt8) -> UInt8? {
        switch byte {
        case ByteSearch.quote, ByteSearch.backslash, UInt8(ascii: "'"): byte
        case UInt8(ascii: "t"): UInt8(ascii: "\t")
        case UInt8(ascii: "r"): UInt8(ascii: "\r")
        case UInt8(ascii: "n"): UInt8(ascii: "\n")
        default: nil
        }
    }
}

/// What nginx's variables hold. A variable that is not here is text.
enum NginxVariables {
    static func kind(of name: String) -> FieldKind { kinds[name] ?? .text }

    private static let kinds: [String: FieldKind] = {
        var kinds: [String: FieldKind] = [
            "time_local": .timeLocal, "time_iso8601": .timeISO8601, "msec": .epochSecondsMillis,
            "status": .status, "request": .request, "remote_user": .user, "remote_addr": .address,
            "gzip_ratio": .decimal,
        ]
        for name in ["request_time", "connection_time", "session_time"] { kinds[name] = .seconds }
        for name in [
            "bytes_sent", "body_bytes_sent", "request_length", "connection", "connection_requests", "remote_port",
            "realip_remote_port", "server_port", "proxy_protocol_port", "proxy_protocol_server_port", "pid",
            "bytes_received", "tcpinfo_rtt", "tcpinfo_rttvar", "tcpinfo_snd_cwnd", "tcpinfo_rcv_space",
        ] { kinds[name] = .integer }
        for name in [
            "content_length", "http_content_length", "sent_http_content_length", "upstream_http_content_length",
            "upstream_queue_time",
        ] { kinds[name] = .numericText }
        for name in [
            "realip_remote_addr", "server_addr", "proxy_protocol_addr", "proxy_protocol_server_addr", "server_name",
            "host", "hostname", "scheme", "https", "pipe", "protocol", "server_protocol", "request_method",
            "request_id", "request_completion", "nginx_version", "ssl_protocol", "ssl_cipher", "ssl_session_reused",
            "ssl_session_id", "http2", "http3", "upstream_cache_status", "geoip_country_code",
            "geoip2_data_country_code", "is_args",
        ] { kinds[name] = .token }
        for name in [
            "upstream_status", "upstream_response_time", "upstream_connect_time", "upstream_header_time",
            "upstream_first_byte_time", "upstream_session_time", "upstream_response_length",
            "upstream_bytes_received", "upstream_bytes_sent",
        ] { kinds[name] = .numberList }
        kinds["upstream_addr"] = .addressList
        return kinds
    }()
}
