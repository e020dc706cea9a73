import Foundation
import TestSupport
import Testing

@testable import LogAgent

@Suite("glob patterns")
struct GlobTests {
    @Test(
        "a pattern matches what a shell with globstar matches",
        arguments: [
            ("/var/log/access.log", "/var/log/access.log", true),
            ("/var/log/access.log", "/var/log/access.log.1", false),
            ("/var/log/*.log", "/var/log/access.log", true),
            ("/var/log/*.log", "/var/log/nginx/access.log", false),
            ("/var/log/*.log", "/var/log/.hidden.log", false),
            ("/var/log/.*.log", "/var/log/.hidden.log", true),
            ("/var/log/*/*.log", "/var/log/nginx/access.log", true),
            ("/var/log/**/*.log", "/var/log/access.log", true),
            ("/var/log/**/*.log", "/var/log/a/b/c/access.log", true),
            ("/var/log/**/*.log", "/var/log/a/.b/access.log", false),
            ("/var/log/**", "/var/log/a/b", true),
            ("/var/log/**/x/**/*.log", "/var/log/a/x/b/c.log", true),
            ("/var/log/**/x/**/*.log", "/var/log/a/y/b/c.log", false),
            ("/**/a.log", "/a.log", true),
            ("/l/a?c", "/l/abc", true), ("/l/a?c", "/l/ac", false), ("/l/a?c", "/l/aäc", true),
            ("/l/[a-c]x", "/l/bx", true), ("/l/[a-c]x", "/l/dx", false), ("/l/[!a-c]x", "/l/dx", true),
            ("/l/[^a-c]x", "/l/ax", false), ("/l/[]]x", "/l/]x", true), ("/l/[a-]x", "/l/-x", true),
            ("/l/{access,error}.log", "/l/error.log", true), ("/l/{access,error}.log", "/l/other.log", false),
            ("/{l,m/n}/{a,b{1,2}}.log", "/m/n/b2.log", true), ("/l/a{,.1}", "/l/a", true),
            ("/l/a{,.1}", "/l/a.1", true),
            ("/l/\\*.log", "/l/*.log", true), ("/l/\\*.log", "/l/a.log", false), ("/l/\\{a,b\\}", "/l/{a,b}", true),
            ("/l/*a*b*c", "/l/xxaxxbxbxc", true), ("/l/*a*b*c", "/l/xxaxxcxbx", false), ("//l///a", "/l/a", true),
        ])
    func matches(pattern: String, path: String, expected: Bool) throws {
        #expect(try GlobPattern(pattern).matches(path) == expected)
    }

    @Test(
        "a pattern that cannot be read says why",
        arguments: [
            ("access.log", "no absolute path"), ("/l/[abc", "'[' without ']'"), ("/l/{a,b", "'{' without '}'"),
            ("/", "names no file"), ("/{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}", "more than 1024"),
        ])
    func invalid(pattern: String, reason: String) {
        #expect {
            try GlobPattern(pattern)
        } throws: { error in
            guard let error = error as? LogAgentError else { return false }
            return error.code == .invalidPattern && error.message.contains(reason)
        }
    }

    @Test("random patterns and names never trap and never hang")
    func fuzz() {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the patterns: \(seed)")
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("ab*?[]{},\\/-!.^")
        for _ in 0..<20_000 {
            let text =
                "/"
                + String(
                    (0..<Int.random(in: 1...20, using: &random)).compactMap { _ in
                        alphabet.randomElement(using: &random)
                    })
            let name =
                "/"
                + String(
                    (0..<Int.random(in: 1...20, using: &random)).compactMap { _ in
                        alphabet.randomElement(using: &random)
                    })
            _ = try? GlobPattern(text).matches(name)
        }
    }

    @Test("the walk finds what the pattern matches, names its folders, and leaves out what is excluded")
    func walk() throws {
        let folder = try TemporaryFolder()
        for name in ["a/x", "a/.y", "b", "c/d/e"] { _ = try folder.folder(name) }
        for name in ["top.log", "a/1.log", "a/x/2.log", "a/.y/3.log", "b/4.log", "c/d/e/5.log", "c/d/e/5.log.gz"] {
            try Writing.append("x\n", to: folder(name))
        }
        try #require(symlink(folder.path, folder("b/loop")) == 0)
        let finder = try FileFinder(paths: [folder("**/*.log")], exclude: [folder("b/*")], filesMax: 100)
        let found = finder.find()
        let names = ["top.log", "a/1.log", "a/x/2.log", "c/d/e/5.log"]
        #expect(Set(found.files.keys) == Set(names.map { folder($0) }))
        #expect(found.folders.isSuperset(of: [folder.path, folder("a"), folder("a/x"), folder("c/d/e")]))
        #expect(found.problems.isEmpty)
        #expect(finder.wants(folder("new/6.log")) && !finder.wants(folder("b/7.log")))
        let limited = try FileFinder(paths: [folder("**/*.log")], exclude: [], filesMax: 2).find()
        #expect(limited.files.count == 2 && limited.problems.count == 3)
    }
}
