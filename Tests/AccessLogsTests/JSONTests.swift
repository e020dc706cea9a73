import AccessLogs
import Foundation
import Testing

@Suite("JSON")
struct JSONTests {
    @Test("numbers are numbers, a dash is null, the request is also in parts")
    func members() throws {
        let scan = Scan(
            try .named("combined"),
            #"192.0.2.17 - - [22/Nov/2026:22:07:02 +0100] "GET /a?b=c HTTP/1.1" 009 512 "-" "x \x22y\x22 \xC3\xA9""#)
        #expect(
            scan.json
                == #"{"remote_addr":"192.0.2.17","remote_user":null,"time_local":"22/Nov/2026:22:07:02 +0100","time":"2026-11-22T22:07:02+01:00","#
                + #""request":"GET /a?b=c HTTP/1.1","method":"GET","uri":"/a?b=c","protocol":"HTTP/1.1","status":9,"body_bytes_sent":512,"#
                + #""http_referer":null,"http_user_agent":"x \"y\" é"}"#)
    }

    @Test(
        "a request is divided only when it is one",
        arguments: [
            ("GET / HTTP/1.1", "GET", "/", "HTTP/1.1"), ("GET /a b HTTP/2.0", "GET", "/a b", "HTTP/2.0"),
            ("GET /", "GET", "/", nil), ("M-SEARCH * HTTP/3", "M-SEARCH", "*", "HTTP/3"), ("", nil, nil, nil),
            ("GET", nil, nil, nil), ("GET ", nil, nil, nil), (" / HTTP/1.1", nil, nil, nil),
            ("G@T / HTTP/1.1", nil, nil, nil), ("G[T / HTTP/1.1", nil, nil, nil),
            ("g / HTTP/1.1", "g", "/", "HTTP/1.1"),
            ("GET HTTP/1.1", nil, nil, nil), ("G\u{E9}T / HTTP/1.1", nil, nil, nil), ("GET /a b", nil, nil, nil),
            ("GET / HTTP/.1", nil, nil, nil), ("GET / HTTP/1.", nil, nil, nil), ("GET / HTTP/1.1 ", nil, nil, nil),
        ] as [(String, String?, String?, String?)])
    func requests(request: String, method: String?, uri: String?, version: String?) throws {
        let format = try AccessLogFormat.nginx(#""$request""#)
        let scan = Scan(format, format.render([Array(request.utf8)]))
        #expect(scan.accepted)
        #expect(scan.object["request"] as? String == request)
        #expect(scan.object["method"] as? String == method)
        #expect(scan.object["uri"] as? String == uri)
        #expect(scan.object["protocol"] as? String == version)
        #expect(scan.object.count == 4)
    }

    @Test("a variable of the format keeps its name from a derived member")
    func nameCollisions() throws {
        let scan = Scan(
            try .nginx(#""$request" $uri $time [$time_local]"#), #""GET /a HTTP/1.0" /b c [22/Nov/2026:22:07:02 +0000]"#
        )
        #expect(scan.object["uri"] as? String == "/b")
        #expect(scan.object["time"] as? String == "c")
        #expect(scan.object["method"] as? String == "GET")
    }

    @Test("a value that is not UTF-8 is a character a byte, and named")
    func notText() throws {
        let format = try AccessLogFormat.nginx(#""$request" "$http_a""#)
        let value: [UInt8] = Array("GET /caf".utf8) + [0xE9] + Array("/\u{E9}".utf8) + Array(" HTTP/1.1".utf8)
        let scan = Scan(format, format.render([value, [0x00, 0xFF, 0x7F, 0x0A]]))
        #expect(scan.accepted)
        let request = try #require(scan.object["request"] as? String)
        #expect(request.unicodeScalars.map { UInt8($0.value & 0xFF) } == value)
        #expect(scan.json.contains(#""http_a":"\u0000\u00ff\#u{7F}\n""#))
        #expect(scan.object["not_utf8"] as? [String] == ["request", "uri", "http_a"])
        #expect(scan.object["uri"] as? String == "/caf\u{E9}/\u{C3}\u{A9}")
    }

    @Test("without a value nginx writes nothing under escape=json, which is null")
    func emptyIsNull() throws {
        let scan = Scan(try .nginx(#"{"a":"$http_a","n":$content_length}"#, escape: .json), #"{"a":"","n":}"#)
        #expect(scan.json == #"{"http_a":null,"content_length":null}"#)
        #expect(scan.rendered == scan.line)
    }

    @Test("a line that is an object is passed on with what it does not have")
    func objects() throws {
        let format = try AccessLogFormat.named("json")
        let scan = Scan(
            format,
            #"{"time_local":"22/Nov/2026:22:07:02 +0000","request":"GET /\"a\" HTTP/1.1","status":200,"nested":{"a":[1,{},[],-0.5e+3,null]}}"#
        )
        #expect(scan.accepted)
        #expect(scan.json.hasPrefix(String(decoding: scan.line.dropLast(), as: UTF8.self)))
        #expect(scan.object["time"] as? String == "2026-11-22T22:07:02Z")
        #expect(scan.object["method"] as? String == "GET")
        #expect(scan.object["uri"] as? String == #"/"a""#)
        #expect(scan.eventTime == 1_795_385_222_000)
        #expect(scan.rendered == scan.line)
        #expect(Scan(format, "{}").json == "{}")
        #expect(Scan(format, #" {"a":1 , "time":"x"} "#).json == #"{"a":1,"time":"x"}"#)
    }

    @Test("bytes that are not UTF-8 in an object are shown as in other formats")
    func objectsThatAreNotText() throws {
        let format = try AccessLogFormat.named("json")
        let scan = Scan(format, Array(#"{"a":"x"#.utf8) + [0xE9] + Array(#"","b":"é"}"#.utf8))
        #expect(scan.json == #"{"a":"x\u00e9","b":"é","not_utf8":["a"]}"#)
        #expect(!Scan(format, Array(#"{"x"#.utf8) + [0xE9] + Array(#"":1}"#.utf8)).accepted)
    }

    @Test(
        "what is not one JSON object is rejected",
        arguments: [
            "", "{", "}", "[]", "1", "null", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"a":01}"#, #"{"a":1.}"#,
            #"{"a":-}"#,
            #"{"a":+1}"#, #"{"a":1}}"#, #"{"a":1} x"#, #"{"a":"\x41"}"#, #"{"a":"\u12g4"}"#, "{\"a\":\"\t\"}",
            #"{"a":"b}"#,
            #"{a:1}"#, #"{"a":[1,]}"#, #"{"a":[1 2]}"#, #"{"a":{"b"}}"#, #"{"a":tru}"#, #"{"a":1,"a":2}"#, #"{"a":1e}"#,
            #"{"a":"# + String(repeating: "[", count: 100) + String(repeating: "]", count: 100) + "}",
        ])
    func notObjects(line: String) throws {
        let scan = Scan(try .named("json"), line)
        #expect(!scan.accepted)
        #expect(scan.scanned.rejection != nil)
    }
}
