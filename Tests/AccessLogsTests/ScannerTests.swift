import AccessLogs
import Testing

@Suite("Scanning")
struct ScannerTests {
    private static let usual =
        #"192.0.2.17 - alice [22/Nov/2026:22:07:02 +0000] "GET /a?b=c HTTP/1.1" 200 512 "https://x.org/" "curl/8""#

    @Test("a combined line is divided into its variables")
    func combined() throws {
        let scan = Scan(try .named("combined"), Self.usual)
        #expect(scan.accepted)
        #expect(scan.text("remote_addr") == "192.0.2.17")
        #expect(scan.text("remote_user") == "alice")
        #expect(scan.text("time_local") == "22/Nov/2026:22:07:02 +0000")
        #expect(scan.text("request") == "GET /a?b=c HTTP/1.1")
        #expect(scan.text("status") == "200")
        #expect(scan.text("body_bytes_sent") == "512")
        #expect(scan.text("http_referer") == "https://x.org/")
        #expect(scan.text("http_user_agent") == "curl/8")
        #expect(scan.rendered == scan.line)
        #expect(scan.eventTime == 1_795_385_222_000)
    }

    @Test("zero bytes are no time, not even before the first one")
    func zeroTime() throws {
        let zeros = String(repeating: "\0", count: 26)
        let line = Self.usual.replacing("22/Nov/2026:22:07:02 +0000", with: zeros)
        #expect(!Scan(try .named("combined"), line).accepted)
    }

    @Test(
        "odd lines that have one meaning are accepted",
        arguments: [
            (#"::1 - - [22/Nov/2026:22:07:02 -0730] "" 400 0 "-" "-""#, "", nil),
            (#"1.2.3.4 - john doe [22/Nov/2026:22:07:02 +0000] "-" 408 - "-" "-""#, nil, "john doe"),
            (#"1.2.3.4 - a - b [22/Nov/2026:22:07:02 +0000] "-" 408 - "-" "-""#, nil, "a - b"),
            (#"1.2.3.4 - [x] [y [22/Nov/2026:22:07:02 +0000] "x" 000 1 "-" "-""#, "x", "[x] [y"),
            (
                #"1.2.3.4 - x [22/Nov/2026:22:07:02 +0000]  [22/Nov/2026:22:07:02 +0000] "x" 009 1 "-" "-""#, "x",
                "x [22/Nov/2026:22:07:02 +0000] "
            ),
            (#"1.2.3.4 -  [ [22/Nov/2026:22:07:02 +0000] "x" 200 1 "-" "-""#, "x", " ["),
            (#"1.2.3.4 - "" [22/Nov/2026:22:07:02 +0000] "x" 200 1 "-" "-""#, "x", ""),
            (#"1.2.3.4 - - [22/Nov/2026:22:07:02 +0000] "a\"] \"b" 200 1 "-" "\\""#, #"a"] "b"#, nil),
            (#"1.2.3.4 - - [22/Nov/2026:22:07:02 +0000] "\x16\x03\x01" 400 1 "-" "\x22\x5C""#, "\u{16}\u{3}\u{1}", nil),
        ] as [(String, String?, String?)])
    func oddLines(line: String, request: String?, user: String?) throws {
        let scan = Scan(try .named("combined"), line)
        #expect(scan.accepted, "\(String(describing: scan.scanned.rejection))")
        #expect(scan.text("request") == request)
        #expect(scan.text("remote_user") == user)
        #expect(scan.rendered == scan.line)
    }

    @Test(
        "what a server would not write is rejected whole",
        arguments: [
            "", " ", "-", "1.2.3.4", String(Self.usual.dropLast()), Self.usual + " ", Self.usual + "\"",
            Self.usual.replacing(" 200 ", with: " 20 "), Self.usual.replacing(" 200 ", with: " 0200 "),
            Self.usual.replacing(" 512 ", with: " 0512 "), Self.usual.replacing(" 512 ", with: " +512 "),
            Self.usual.replacing(" 512 ", with: " 5120000000000000000 "), Self.usual.replacing(" 512 ", with: "  "),
            Self.usual.replacing("22/Nov", with: "31/Nov"), Self.usual.replacing("22/Nov", with: "22/nov"),
            Self.usual.replacing("22:07:02", with: "24:07:02"), Self.usual.replacing("22:07:02", with: "22:60:02"),
            Self.usual.replacing("+0000", with: "-0000"), Self.usual.replacing("+0000", with: "+2400"),
            Self.usual.replacing("curl/8", with: #"cu"rl"#), Self.usual.replacing("curl/8", with: #"curl\"#),
            Self.usual.replacing("curl/8", with: #"\x41"#), Self.usual.replacing("curl/8", with: #"\x"#),
            Self.usual.replacing("curl/8", with: #"\xE4\xe4"#), Self.usual.replacing("curl/8", with: #"\xeF"#),
            Self.usual.replacing("curl/8", with: #"\" \xE4"#), Self.usual.replacing("curl/8", with: #"\x0a"#),
            Self.usual.replacing("curl/8", with: "caf\u{E9}"), Self.usual.replacing("curl/8", with: "a\tb"),
            Self.usual.replacing("192.0.2.17 -", with: " -"), Self.usual.replacing(" - ", with: "  "),
            Self.usual.replacing(" alice ", with: "  "),
        ])
    func rejected(line: String) throws {
        let scan = Scan(try .named("combined"), line)
        #expect(!scan.accepted)
        #expect(scan.scanned.rejection != nil)
    }

    @Test("a line has one escaping: nginx's format refuses Apache's and the other way round")
    func dialects() throws {
        let format = #"$remote_addr "$http_user_agent""#
        #expect(Scan(try .nginx(format), #"1.2.3.4 "\xE4""#).accepted)
        #expect(!Scan(try .nginx(format), #"1.2.3.4 "\xe4""#).accepted)
        #expect(!Scan(try .nginx(format), #"1.2.3.4 "\"""#).accepted)
        let apache = #"%h \"%{User-Agent}i\""#
        #expect(Scan(try .apache(apache), #"1.2.3.4 "\xe4\"\\\n\v""#).accepted)
        #expect(!Scan(try .apache(apache), #"1.2.3.4 "\xE4""#).accepted)
        #expect(!Scan(try .apache(apache), #"1.2.3.4 "\x0a""#).accepted)
    }

    @Test("without escaping a line is accepted only while one division is possible")
    func withoutEscaping() throws {
        let format = try AccessLogFormat.nginx(
            #"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#,
            escape: .none)
        let head = #"1.2.3.4 - - [22/Nov/2026:22:07:02 +0000] "#
        let clear = Scan(format, head + #""GET /"a" HTTP/1.1" 200 5 "ref" "a "b" c""#)
        #expect(clear.accepted)
        #expect(clear.text("request") == #"GET /"a" HTTP/1.1"#)
        #expect(clear.text("http_user_agent") == #"a "b" c"#)
        #expect(clear.rendered == clear.line)
        for ambiguous in [
            head + #""GET / HTTP/1.1" 200 5 "ref" "a" "b""#,
            head + #""GET / HTTP/1.1" 200 5 "x" "y" 200 5 "ref" "agent""#,
        ] {
            let scan = Scan(format, ambiguous)
            #expect(!scan.accepted)
            #expect(scan.scanned.rejection == .ambiguous)
        }
    }

    @Test("a hostile line without escaping is given up in bounded time")
    func boundedWork() throws {
        let format = try AccessLogFormat.nginx(#""$a" "$b" "$c" "$d" "$e" "$f" x"#, escape: .none)
        let scan = Scan(format, "\"" + String(repeating: "\" \"", count: 3000))
        #expect(!scan.accepted)
        #expect(scan.scanned.rejection == .tooComplex)
    }

    @Test("text fields with only a space between them are accepted when one division fits")
    func unquotedFields() throws {
        let format = try AccessLogFormat.nginx("$http_a $status $http_b")
        #expect(Scan(format, "one two 200 three four").accepted)
        #expect(Scan(format, "one 200 200 three").scanned.rejection == .ambiguous)
    }

    @Test("upstream lists are read to their end and no further")
    func upstreams() throws {
        let format = try AccessLogFormat.nginx(
            "$remote_addr $upstream_addr $upstream_status $upstream_response_time $request_time")
        let scan = Scan(
            format, "::1 127.0.0.1:80, [::1]:81 : unix:/run/a 502, 200 : - 0.001, 0.002 : - 0.010")
        #expect(scan.accepted)
        #expect(scan.text("upstream_addr") == "127.0.0.1:80, [::1]:81 : unix:/run/a")
        #expect(scan.text("upstream_status") == "502, 200 : -")
        #expect(scan.object["request_time"] as? Double == 0.01)
        let single = Scan(format, "::1 127.0.0.1:80 502 0.001 0.010")
        #expect(single.object["upstream_status"] as? Int == 502)
        #expect(single.object["upstream_response_time"] as? Double == 0.001)
        let none = Scan(format, "::1 - - - 0.010")
        #expect(none.json.contains(#""upstream_addr":null,"upstream_status":null"#))
        #expect(!Scan(format, "::1 127.0.0.1:80 502 0.01 0.010").accepted)
    }

    @Test("a variable that stands twice must have one text")
    func repeatedVariable() throws {
        let format = try AccessLogFormat.nginx("$status [$status]")
        #expect(Scan(format, "200 [200]").json == #"{"status":200}"#)
        #expect(Scan(format, "200 [201]").scanned.rejection == .contradiction(field: 1))
    }

    @Test("virtual hosts may be IPv6 addresses")
    func virtualHosts() throws {
        let rest = #" 192.0.2.1 - - [22/Nov/2026:22:07:02 +0000] "GET / HTTP/1.1" 200 5 "-" "-""#
        let plain = Scan(try .named("vhost_combined"), "example.org:443" + rest)
        #expect(plain.text("server_name") == "example.org")
        #expect(plain.object["server_port"] as? Int == 443)
        let six = Scan(try .named("vhost_combined"), "[::1]:8080" + rest)
        #expect(six.text("server_name") == "[::1]")
        #expect(six.rendered == six.line)
        #expect(!Scan(try .named("vhost_combined"), "example.org" + rest).accepted)
    }
}
