extension Connection {
    /// Makes the topic, where there is none.
    func makeTopic(_ name: String) throws {
        try send(BenchRequest.makeTopic(name))
        try receive { _ in }
    }

    /// Takes the answer to a batch for the topic.
    func receiveProduced(_ topic: String) throws {
        let error = try receive { BenchRequest.produceError($0, topic: topic) }
        guard error == 0 else { throw BenchFailure(description: "the broker refuses a batch with error \(error)") }
    }
}
