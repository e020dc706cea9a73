import AccessLogs
import Foundation
import Testing

/// The real Apache writes the lines; nothing here knows how it escapes.
@Suite("What the real Apache writes", .enabled(if: WebServer.hasApache, "apache2 is not installed"))
struct ApacheGroundTruthTests {
    private static let combined = #"%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\""#
    private static let virtualHosts = #"%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\""#
    private static let common = #"%h %l %u %t \"%r\" %>s %b"#
    private static let custom =
        #"%a:%{remote}p %A %m %H %s %B %D %{ms}T %T %I %P %k %X %{usec}t %{%Y-%m-%d %H:%M:%S}t.%{msec_frac}t "#
        + #"'%U' '%q' \"%f\" \"%{User-Agent}i\" \"%!200,304{Referer}i\" %R %L %V 100%%"#

    private static let requests: [SentRequest] =
        SentRequest.proper + [
            SentRequest(line: text("GET /with?query=1 HTTP/1.1"), agent: text("q")),
            SentRequest(raw: text("GET /\r\n"), line: nil),
            SentRequest(
                raw: [0x16, 0x03, 0x01, 0x02, 0xE9, 0x22, 0x5C, 0x7F, 0xFF, 0x0D, 0x0A, 0x0D, 0x0A], line: nil),
            SentRequest(raw: text("GET /\u{0}nul HTTP/1.1\r\nHost: x\r\n\r\n"), line: nil),
            SentRequest(raw: text("GET\r\n\r\n"), line: nil),
            SentRequest(raw: text("GET /\"><script>\\ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), line: nil),
            SentRequest(raw: text("GET /caf\u{E9} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), line: nil),
            SentRequest(raw: text("GET / HTTP/9.9\r\n\r\n"), line: nil),
            SentRequest(raw: text("GET / HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n"), line: nil),
        ]

    private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static func start() throws -> WebServer {
        try WebServer(
            "apache2", arguments: { ["-f", $0 + "/server.conf", "-DFOREGROUND"] }, stopSignal: SIGTERM,
            configuration: { folder, port, _ in
                let modules = ["mpm_event", "authz_core"]
                    .map { "LoadModule \($0)_module /usr/lib/apache2/modules/mod_\($0).so" }.joined(separator: "\n")
                return """
                    ServerRoot "\(folder)"
                    ServerName sluice.example.org
                    PidFile "\(folder)/pid"
                    ErrorLog "\(folder)/error.log"
                    Mutex file:\(folder)
                    Listen 127.0.0.1:\(port)
                    \(WebServer.hasIPv6 ? "Listen [::1]:\(port)" : "")
                    \(modules)
                    \(geteuid() == 0 ? "User www-data\nGroup www-data" : "")
                    LimitRequestLine 16000
                    DocumentRoot "\(folder)"
                    LogFormat "\(combined)" combined
                    LogFormat "\(virtualHosts)" vhost_combined
                    LogFormat "\(common)" common
                    LogFormat "\(custom)" custom
                    CustomLog "\(folder)/combined.log" combined
                    CustomLog "\(folder)/vhost_combined.log" vhost_combined
                    CustomLog "\(folder)/common.log" common
                    CustomLog "\(folder)/custom.log" custom
                    """
            })
    }

    @Test("each line under each format is parsed, gives itself back, and has the values that were sent")
    func groundTruth() throws {
        let server = try Self.start()
        for request in Self.requests { try server.send(request) }
        var sent = Self.requests
        if WebServer.hasIPv6 {
            try server.send(Self.requests[0], overIPv6: true)
            sent.append(Self.requests[0])
        }
        let formats: [(String, AccessLogFormat)] = [
            ("combined", try .named("combined")), ("combined", try .apache(Self.combined)),
            ("vhost_combined", try .named("vhost_combined")), ("vhost_combined", try .apache(Self.virtualHosts)),
            ("common", try .named("common")), ("common", try .apache(Self.common)),
            ("custom", try .apache(Self.custom)),
        ]
        for (name, format) in formats {
            let lines = try server.lines(of: "\(name).log", count: sent.count)
            try #require(lines.count == sent.count, "\(name).log has \(lines.count) lines")
            for (request, line) in zip(sent, lines) {
                let scan = Scan(format, line)
                let shown = Comment(rawValue: "\(name): \(String(decoding: line, as: UTF8.self))")
                #expect(scan.accepted, "\(shown): \(String(describing: scan.scanned.rejection))")
                #expect(scan.rendered == line, shown)
                #expect(!scan.object.isEmpty, shown)
                #expect(scan.eventTime != nil, shown)
                expectValues(request, scan, shown)
            }
        }
        if WebServer.hasIPv6 {
            let last = try server.lines(of: "combined.log", count: sent.count).last ?? []
            #expect(Scan(formats[0].1, last).text("remote_addr") == "::1")
        }
        server.stop()
    }

    private func expectValues(_ request: SentRequest, _ scan: Scan, _ shown: Comment) {
        func normal(_ value: [UInt8]?) -> [UInt8]? { value == [UInt8(ascii: "-")] ? nil : value }
        guard let line = request.line else { return }
        let names = scan.format.fields.map(\.name)
        if names.contains("request") { #expect(scan.value("request") == line, shown) }
        guard scan.text("status") != "400" else { return }
        if names.contains("http_user_agent") {
            #expect(normal(scan.value("http_user_agent")) == normal(request.agent), shown)
        }
        if names.contains("http_referer"), names.contains("request") {
            #expect(normal(scan.value("http_referer")) == normal(request.referer), shown)
        }
    }
}
