import AccessLogs
import Testing

@Suite("Compiling formats")
struct FormatTests {
    @Test(
        "a format that cannot work is refused with its place",
        arguments: [
            ("$", AccessLogFormatError.Code.syntax, 0), ("a ${b c", .syntax, 2), ("plain", .unknownName, nil),
            ("$a$b", .ambiguous, 2), ("%h %Z", .unknownDirective, 3), ("%h %{X", .syntax, 3), ("%h %", .syntax, 3),
            ("$a\n$b", .syntax, nil), ("%h%%%", .syntax, 4), ("$not_utf8", .syntax, nil),
            ("%{5}T", .unknownDirective, 0),
            ((0..<65).map { "$v\($0)" }.joined(separator: " "), .fieldCount, nil),
        ] as [(String, AccessLogFormatError.Code, Int?)])
    func refused(format: String, code: AccessLogFormatError.Code, offset: Int?) {
        do {
            _ = try AccessLogFormat.described(by: format)
            Issue.record("'\(format)' was compiled")
        } catch {
            #expect(error.code == code)
            #expect(error.offset == offset)
            #expect(!error.description.isEmpty)
        }
    }

    @Test("Apache's directives have the names of nginx's variables")
    func apacheNames() throws {
        let format = try AccessLogFormat.apache(
            #"%v:%p %h %l %u %t \"%r\" %s %>s %b %O \"%{Referer}i\" \"%{User-Agent}i\" %D %{ms}T %a %{X-Y}o %%"#)
        #expect(
            format.fields.map(\.name) == [
                "server_name", "server_port", "remote_addr", "remote_logname", "remote_user", "time_local", "request",
                "original_status", "status", "body_bytes_sent", "bytes_sent", "http_referer", "http_user_agent",
                "request_time_us", "request_time_ms", "remote_addr_2", "sent_http_x_y",
            ])
        #expect(try AccessLogFormat.apache("%s").fields.map(\.name) == ["status"])
    }

    @Test("every name that is listed compiles")
    func names() throws {
        for name in AccessLogFormat.names { #expect(try !AccessLogFormat.named(name).fields.isEmpty) }
    }

    @Test("the escapes of nginx.conf's quoted strings are undone")
    func quotedStrings() throws {
        #expect(Scan(try .nginx(#"\"$status\" it\'s"#), #""200" it's"#).accepted)
        #expect(Scan(try .nginx("${status}ms"), "200ms").accepted)
    }
}
