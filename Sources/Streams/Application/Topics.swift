import BinderKit
import Synchronization

/// The topics of a running application and the partitions they really have.
final class Topics: Sendable {
    private let binders: [String: any Binder]
    private let counts = Mutex<[TopicPlace: Int32]>([:])

    init(binders: [String: any Binder]) {
        self.binders = binders
    }

    /// The partitions of a topic that was provisioned.
    func partitionCount(of place: TopicPlace) -> Int32? {
        counts.withLock { $0[place] }
    }

    /// Makes the topic where it is missing, once.
    /// - Returns: the partitions it really has.
    @discardableResult
    func provision(_ place: TopicPlace, partitions: Int32) async throws(BinderError) -> Int32 {
        if let known = partitionCount(of: place) { return known }
        let actual = try await binder(place.binder).provision(
            TopicSpecification(name: place.topic, partitions: partitions))
        counts.withLock { $0[place] = actual }
        return actual
    }

    /// The binder of that name.
    func binder(_ name: String) throws(BinderError) -> any Binder {
        guard let binder = binders[name] else {
            throw BinderError(.unsupported, "there is no binder '\(name)'")
        }
        return binder
    }
}
