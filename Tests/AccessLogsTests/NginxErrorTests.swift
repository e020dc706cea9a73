import AccessLogs
import Testing

@Suite("nginx's error log")
struct NginxErrorTests {
    private static let head = "2026/11/22 22:07:02 [error] 123#456: "

    @Test("a line with its whole context is divided")
    func whole() throws {
        let scan = Scan(
            try .named("nginx-error"),
            Self.head
                + #"*7 connect() failed (111: Connection refused) while connecting to upstream, client: 2001:db8::1, server: example.org, "#
                + #"request: "GET /a HTTP/1.1", upstream: "http://127.0.0.1:1/a", host: "example.org", referrer: "https://x/""#
        )
        #expect(scan.accepted)
        #expect(
            scan.json
                == #"{"time":"2026-11-22T22:07:02Z","level":"error","pid":123,"tid":456,"connection":7,"#
                + #""message":"connect() failed (111: Connection refused) while connecting to upstream","client":"2001:db8::1","#
                + #""server":"example.org","request":"GET /a HTTP/1.1","method":"GET","uri":"/a","protocol":"HTTP/1.1","subrequest":null,"#
                + #""upstream":"http://127.0.0.1:1/a","host":"example.org","referrer":"https://x/"}"#)
        #expect(scan.rendered == scan.line)
        #expect(scan.eventTime == 1_795_385_222_000)
    }

    @Test(
        "parts that nginx leaves out are null",
        arguments: [
            "signal process started", "*1 SSL_do_handshake() failed, client: 1.2.3.4, server: 0.0.0.0:443",
            #"*1 client sent invalid request while reading client request line, client: 1.2.3.4, server: x, request: "G""#,
            "a, b, c: \"d\"",
        ])
    func partial(rest: String) throws {
        let scan = Scan(try .named("nginx-error"), Self.head + rest)
        #expect(scan.accepted)
        #expect(scan.rendered == scan.line)
        #expect(scan.object["host"] != nil)
    }

    @Test(
        "context that a client may have written is not believed",
        arguments: [
            #"*1 m, client: 1.2.3.4, server: x, request: "GET /", host: "forged HTTP/1.0", host: "real""#,
            #"*1 m, client: 1.2.3.4, server: x, request: "GET /", host: "forged HTTP/1.0""#,
            #"*1 m, client: 1.2.3.4, server: x, request: "GET /, host: "x HTTP/1.0""#,
            #"*1 client sent invalid request while reading client request line, client: 1.2.3.4, server: x, request: "GET / HTTP/1.0", host: "forged""#,
            #"*1 open() "/, client: 9.9.9.9" failed, client: 1.2.3.4, server: x, request: "GET / HTTP/1.0""#,
            #"*1 open() "/, server: x" failed, client: 1.2.3.4, server: x, request: "GET / HTTP/1.0""#,
            #"*1 m, client: 1.2.3.4, server: x, request: "GET /"a" HTTP/1.0""#, #"*1 m, host: "x""#,
            #"*1 m, client: 1.2.3.4, server: x, request: "cut off"#,
        ])
    func forged(rest: String) throws {
        #expect(!Scan(try .named("nginx-error"), Self.head + rest).accepted)
    }

    @Test(
        "other lines are rejected",
        arguments: [
            "", "2026/11/22 22:07:02", "2026/11/22 22:07:02 [error] 123#456: ", "2026/11/22 22:07:02 [fatal] 1#1: x",
            "2026/02/30 22:07:02 [error] 1#1: x", "2026/11/22 22:07:02 [error] 01#1: x",
            "2026/11/22T22:07:02 [error] 1#1: x",
        ])
    func rejected(line: String) throws {
        #expect(!Scan(try .named("nginx-error"), line).accepted)
    }
}
