import ArgumentParser
import Foundation

/// The option of every command that tells something in rows.
struct ReportOption: ParsableArguments {
    enum Form: String, CaseIterable, ExpressibleByArgument {
        /// For people; without a terminal its cells are separated by tabs.
        case table
        /// One JSON document.
        case json
    }

    @Option(help: "table: columns, with tabs between them where the output is no terminal. json: one document.")
    var output = Form.table

    /// Prints what was found, in the form that was chosen.
    func print(_ document: some Encodable, as tables: @autoclosure () -> [TextTable]) throws {
        switch output {
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            if StandardOutput.isTerminal { encoder.outputFormatting.insert(.prettyPrinted) }
            try StandardOutput.write(Array(try encoder.encode(document)) + [0x0A])
        case .table:
            let isTerminal = StandardOutput.isTerminal
            let blocks = tables().map { table in
                (isTerminal ? table.lines : table.tabSeparatedLines).map { $0 + "\n" }.joined()
            }
            try StandardOutput.write(Array(blocks.filter { !$0.isEmpty }.joined(separator: "\n").utf8))
        }
    }
}
