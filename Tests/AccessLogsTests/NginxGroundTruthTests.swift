import AccessLogs
import Foundation
import Testing

/// The real nginx writes the lines; nothing here knows how it escapes.
@Suite("What the real nginx writes", .enabled(if: WebServer.hasNginx, "nginx is not installed"))
struct NginxGroundTruthTests {
    private static let upstream =
        #"$remote_addr [$time_iso8601] $msec "$request" $status $upstream_addr $upstream_status $upstream_response_time $request_time "#
        + #"$request_length $bytes_sent $connection $connection_requests $remote_port $server_port $pipe "$http_user_agent""#
    private static let json =
        #"{"time_local":"$time_local","remote_addr":"$remote_addr","remote_user":"$remote_user","request":"$request","status":$status,"#
        + #""body_bytes_sent":$body_bytes_sent,"http_referer":"$http_referer","http_user_agent":"$http_user_agent"}"#
    private static let none =
        #"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#

    /// nginx reads the user's name from the header whatever the location asks for.
    private static let requests: [SentRequest] =
        SentRequest.proper + [
            SentRequest(line: text("GET / HTTP/1.1"), user: text("alice")),
            SentRequest(line: text("GET / HTTP/1.1"), agent: text("x"), user: text("john doe [x] \"d\" \u{E9}")),
            SentRequest(
                line: text("GET /up HTTP/1.1"), agent: text("through an upstream that is down to one that is not")),
            SentRequest(line: text("GET /\"><script> HTTP/1.1"), agent: text("raw quotes")),
            SentRequest(line: text("GET /caf\u{E9}\\ HTTP/1.1"), agent: text("raw UTF-8")),
            SentRequest(raw: text("GET /\r\n"), line: text("GET /")),
            SentRequest(
                raw: [0x16, 0x03, 0x01, 0x02, 0x00, 0xE9, 0x22, 0x5C, 0x7F, 0xFF, 0x0D, 0x0A],
                line: [0x16, 0x03, 0x01, 0x02, 0x00, 0xE9, 0x22, 0x5C, 0x7F, 0xFF]),
            SentRequest(raw: text("GET /\u{0}nul HTTP/1.1\r\nHost: x\r\n\r\n"), line: nil),
            SentRequest(raw: text("GET\r\n\r\n"), line: text("GET")),
            SentRequest(raw: text(" / HTTP/1.1\r\n\r\n"), line: text(" / HTTP/1.1")),
            SentRequest(raw: text("GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"), line: text("GET /a b HTTP/1.1")),
            SentRequest(raw: text("GET / HTTP/9.9\r\n\r\n"), line: nil),
            SentRequest(raw: text("\r\n\r\n\r\n"), line: nil),
            SentRequest(raw: text("G"), line: nil),
        ]

    private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static func start() throws -> WebServer {
        try WebServer(
            "nginx", arguments: { ["-p", $0, "-c", $0 + "/server.conf", "-e", $0 + "/error.log"] }, stopSignal: SIGQUIT,
            configuration: { folder, port, closedPort in
                let six = WebServer.hasIPv6 ? "listen [::1]:\(port);" : ""
                let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                    .map { "\($0)_temp_path \(folder)/\($0);" }.joined(separator: "\n")
                return """
                    daemon off;
                    worker_processes 1;
                    \(geteuid() == 0 ? "user root;" : "")
                    pid \(folder)/pid;
                    error_log \(folder)/error.log info;
                    events { worker_connections 64; }
                    http {
                        \(temporary)
                        log_format upstream '\(upstream)';
                        log_format objects escape=json '\(json)';
                        log_format bare escape=none '\(none)';
                        access_log \(folder)/combined.log combined;
                        access_log \(folder)/upstream.log upstream;
                        access_log \(folder)/json.log objects;
                        access_log \(folder)/none.log bare;
                        upstream pair { server 127.0.0.1:\(closedPort); server unix:\(folder)/inner; }
                        server { listen unix:\(folder)/inner; access_log off; location / { return 200 "inner\\n"; } }
                        server {
                            listen 127.0.0.1:\(port);
                            \(six)
                            root \(folder);
                            large_client_header_buffers 4 16k;
                            location /up { proxy_pass http://pair; }
                        }
                    }
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
            ("combined", try .named("combined")), ("upstream", try .nginx(Self.upstream)),
            ("json", try .nginx(Self.json, escape: .json)), ("none", try .nginx(Self.none, escape: .none)),
        ]
        for (name, format) in formats {
            let lines = try server.lines(of: "\(name).log", count: sent.count)
            try #require(lines.count == sent.count, "\(name).log has \(lines.count) lines")
            for (request, line) in zip(sent, lines) {
                let scan = Scan(format, line)
                let shown = Comment(rawValue: "\(name): \(String(decoding: line, as: UTF8.self))")
                // Without escaping a request can imitate the format, and then no more may be said of it than that.
                if name == "none", !scan.accepted {
                    #expect(scan.scanned.rejection == .ambiguous && line.contains(UInt8(ascii: "\"")), shown)
                    continue
                }
                #expect(scan.accepted, "\(shown): \(String(describing: scan.scanned.rejection))")
                #expect(scan.rendered == line, shown)
                #expect(!scan.object.isEmpty, shown)
                expectValues(request, scan, shown, absentIsEmpty: name == "json" || name == "none")
            }
        }
        try expectObjects(server, count: sent.count)
        let retried = try server.lines(of: "upstream.log", count: sent.count).map { Scan(formats[1].1, $0) }
            .first { $0.text("request") == "GET /up HTTP/1.1" }
        #expect(retried?.text("upstream_addr") == "127.0.0.1:\(server.closedPort), unix:\(server.folder)/inner")
        #expect(retried?.text("upstream_status") == "502, 200")
        if WebServer.hasIPv6 {
            let last = try server.lines(of: "combined.log", count: sent.count).last ?? []
            #expect(Scan(formats[0].1, last).text("remote_addr") == "::1")
        }
        server.stop()
        try expectErrors(server)
    }

    private func expectValues(_ request: SentRequest, _ scan: Scan, _ shown: Comment, absentIsEmpty: Bool) {
        func normal(_ value: [UInt8]?) -> [UInt8]? {
            value == (absentIsEmpty ? [] : [UInt8(ascii: "-")]) ? nil : value
        }
        if let line = request.line { #expect(scan.value("request") == line, shown) }
        guard request.line != nil, scan.text("status") != "400" else { return }
        #expect(normal(scan.value("http_user_agent")) == normal(request.agent), shown)
        if scan.format.fields.contains(where: { $0.name == "http_referer" }) {
            #expect(normal(scan.value("http_referer")) == normal(request.referer), shown)
            #expect(normal(scan.value("remote_user")) == normal(request.user), shown)
        }
    }

    /// The format `json` takes the same lines without knowing the `log_format`.
    private func expectObjects(_ server: WebServer, count: Int) throws {
        let format = try AccessLogFormat.named("json")
        for line in try server.lines(of: "json.log", count: count) {
            let scan = Scan(format, line)
            #expect(scan.accepted, "\(String(decoding: line, as: UTF8.self))")
            #expect(scan.object["time"] is String)
            #expect(scan.eventTime != nil)
        }
    }

    /// nginx's error log of the same requests: what is accepted gives itself back, and the upstream that is down is reported.
    private func expectErrors(_ server: WebServer) throws {
        let format = try AccessLogFormat.named("nginx-error")
        let scans = try server.lines(of: "error.log", count: 1).map { Scan(format, $0) }
        for scan in scans where scan.accepted { #expect(scan.rendered == scan.line) }
        let accepted = scans.filter(\.accepted)
        #expect(accepted.count * 10 >= scans.count * 8)
        #expect(
            accepted.contains {
                $0.text("client") == "127.0.0.1" && $0.text("request") == "HEAD /none HTTP/1.1"
                    && $0.text("host") == "example.org"
            })
    }
}
