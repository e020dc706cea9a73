/// The pieces that imagined traffic is made of, each in every escaping that a format needs.
enum TrafficPools {
    /// A piece with special bytes in it.
    struct Piece: Sendable {
        let nginx: [UInt8]
        let apache: [UInt8]
        let json: [UInt8]

        /// - Parameters:
        ///   - before: Written as it is before the escaped value in the two text formats.
        init(_ value: [UInt8], before: String = "") {
            func escaped(_ escape: LogEscape) -> [UInt8] {
                var text = escape == .json ? [] : Array(before.utf8)
                for byte in value { escape.append(byte, to: &text) }
                return text
            }
            nginx = escaped(.nginxDefault)
            apache = escaped(.apache)
            json = escaped(.json)
        }
    }

    /// A piece of plain text, alone and with what surrounds it in a line.
    struct Plain: Sendable {
        let plain: [UInt8]
        let log: [UInt8]
        let quoted: [UInt8]

        init(_ text: String, log: String = "", quoted: String = "") {
            plain = Array(text.utf8)
            self.log = Array(log.utf8)
            self.quoted = Array(quoted.utf8)
        }
    }

    static let octets = (0...255).map { Array(String($0).utf8) }
    static let sites = ["www.example.org", "shop.example.org", "api.example.org", "static.example.org"]
        .map { Array($0.utf8) }
    static let virtualHosts = sites.map { $0 + Array(":443 ".utf8) }
    static let users = ["-", "alice", "bob.miller", "john doe", "o'neil"].map {
        Plain($0 == "-" ? "" : $0, log: " - \($0) [")
    }
    static let protocols = [" HTTP/1.1", " HTTP/1.0", " HTTP/2.0"].map { Array($0.utf8) }

    /// What stands before the path; from `brokenRequests` on a whole request.
    static let requests: [Piece] =
        ["GET ", "POST ", "HEAD "].map { Piece(Array($0.utf8)) } + broken.map { Piece($0) }
    static let brokenRequests = 3..<3 + broken.count

    private static let broken: [[UInt8]] = [
        [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03, 0xE9, 0x22, 0x5C, 0x8A, 0x7F, 0xD1, 0x0A],
        [0x16, 0x03, 0x01, 0x00, 0xEE, 0x01, 0x00, 0x00, 0xEA, 0x03, 0x03, 0x5B, 0xC4, 0x20, 0xF1, 0x99, 0x13],
        [],
        [0x03, 0x00, 0x00, 0x2F, 0x2A, 0xE0] + Array("Cookie: mstshash=Administr".utf8),
        Array("GET".utf8),
        Array("\\x00".utf8),
        Array("quit".utf8),
        Array("GET /\"><script>alert(1)</script> HTTP/1.1".utf8),
        Array("GET /caf\u{E9} m\u{FC}de HTTP/1.1".utf8),
        Array("CONNECT www.example.org:443".utf8),
        Array("SSH-2.0-Go".utf8),
    ]

    static let badRequestStatus = 3
    static let commonStatuses = 0..<3
    static let statuses = ["200", "304", "200", "400", "404", "301", "302", "403", "206", "499", "500", "502", "503"]
        .map { Plain($0, quoted: "\" \($0) ") }

    static let paths: [[UInt8]] = human.map { Array($0.utf8) } + bot.map { Array($0.utf8) }
    static let humanPaths = 0..<human.count
    static let botPaths = human.count..<human.count + bot.count

    private static let human = [
        "/", "/index.html", "/products/winter-2026/boots-and-gloves?colour=red&size=42&sort=price&page=3",
        "/api/v2/orders/20261122/items?expand=prices,stock,images&limit=50", "/assets/app.8f3a2c1d.js",
        "/assets/styles/main.77aa01.css", "/images/catalogue/2026/11/photo-0042-large@2x.webp",
        "/search?q=stra%C3%9Fenkarte+m%C3%BCnchen&lang=de",
        "/account/settings/notifications?from=newsletter&utm_source=mail",
        "/blog/2026/11/how-we-count-every-line-of-a-log-exactly-once", "/cart", "/checkout/payment", "/favicon.ico",
        "/api/v1/session/keepalive", "/fonts/inter-var.woff2",
    ]

    private static let bot = [
        "/robots.txt", "/wp-login.php", "/.env", "/.git/config", "/xmlrpc.php?rsd", "/sitemap.xml",
        "/phpmyadmin/index.php?lang=en", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", "/health",
        "/cgi-bin/luci/;stok=/locale?form=country&operation=write", "/actuator/gateway/routes",
        "/products/winter-2026/boots-and-gloves?colour=red&size=42&sort=price&page=3", "/feed.xml",
    ]

    static let referers = [
        "-", "https://www.example.org/", "https://www.example.org/products/winter-2026?page=2",
        "https://www.google.com/", "https://shop.example.org/cart?step=2",
        "https://duckduckgo.com/?q=exactly+once+log+shipping", "https://news.ycombinator.com/item?id=42424242",
    ].map { Plain($0 == "-" ? "" : $0, log: " \"\($0)\" \"") }

    static let agents: [Piece] = (["-"] + people + machines).map { Piece(Array($0.utf8)) }
    static let humanAgents = 1..<1 + people.count
    static let botAgents = 1 + people.count..<1 + people.count + machines.count

    private static let people = [
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
    ]

    private static let machines = [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
        "curl/8.14.1", "python-requests/2.32.5", "Go-http-client/1.1", "kube-probe/1.33",
        "\"Zgrab\" \\ 0.x (caf\u{E9})",
    ]

    static let notices = [
        " [notice] 811#811: signal process started", " [notice] 811#811: using the \"epoll\" event method",
        " [warn] 811#811: 1024 worker_connections exceed open file resource limit: 1000",
    ].map { Array($0.utf8) }

    static let errors = [
        " open() \"/var/www/html/favicon.ico\" failed (2: No such file or directory), client: ",
        " upstream timed out (110: Connection timed out) while reading response header from upstream, client: ",
        " limiting requests, excess: 5.304 by zone \"per_ip\", client: ",
        " connect() failed (111: Connection refused) while connecting to upstream, client: ",
        " access forbidden by rule, client: ",
    ].map { Array($0.utf8) }

    static let unparsable = [
        "Nov 22 22:07:02 web1 systemd[1]: Reloading nginx.service - A high performance web server",
        "192.0.2.17 - - [22/Nov/2026:22:0",
        "PHP Warning:  Undefined array key \"q\" in /var/www/html/search.php on line",
        "[core:notice] AH00094: Command line: '/usr/sbin/apache2'",
        "198.51.100.4 - - [22/Nov/2026:22:07:02 +0000] \"GET / HTTP/1.1\" two-hundred 512 \"-\" \"-\"",
        "\u{0}\u{0}\u{0}\u{0}", "...",
    ].map { Array($0.utf8) }
}
