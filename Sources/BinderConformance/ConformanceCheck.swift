import BinderKit

/// One sentence of the contract between a binder and its bindings, and how to see whether it holds.
///
/// A binder's tests run every one of `all` on a bench of its own:
///
///     @Test("keeps the contract", arguments: ConformanceCheck.all)
///     func conformance(_ check: ConformanceCheck) async throws { try await check.run(on: binder) }
public struct ConformanceCheck: Sendable, CustomStringConvertible {
    /// The sentence.
    public let name: String
    /// What the binder must be capable of for the check to concern it.
    public let needs: BinderCapabilities
    private let body: @Sendable (ConformanceBench) async throws -> Void

    init(
        _ name: String, needs: BinderCapabilities = [],
        _ body: @escaping @Sendable (ConformanceBench) async throws -> Void
    ) {
        self.name = name
        self.needs = needs
        self.body = body
    }

    /// The sentence.
    public var description: String { name }

    /// All checks.
    public static let all = deliveryChecks + groupChecks + rebalanceChecks + channelChecks + transactionChecks

    /// Runs the check on topics and groups of its own, whose names begin with `prefix`; the binder may have others, and stays open.
    /// - Returns: false where the check does not concern the binder.
    /// - Throws: `ConformanceFailure`, or the binder's own error where it threw one against the contract.
    @discardableResult
    public func run(on binder: any Binder, prefix: String = "conformance") async throws -> Bool {
        guard binder.capabilities.isSuperset(of: needs) else { return false }
        let suffix = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        try await body(ConformanceBench(binder: binder, prefix: "\(prefix).\(suffix)"))
        return true
    }
}

/// A binder that does not keep the contract: what was expected, and what was seen.
public struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
    /// What was expected, and what was seen.
    public let message: String

    /// The message.
    public var description: String { message }
}
