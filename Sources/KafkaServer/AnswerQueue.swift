import KafkaProtocol
import NIOCore

/// The answers of one connection, which are sent in the order of its requests whatever order they come in. Lives on the connection's event loop.
struct AnswerQueue {
    /// A request's number on its connection.
    typealias Number = Int

    private enum Place {
        /// Nothing is known yet.
        case open
        case ready(Answer.Frame?)
        case later(@Sendable () async -> Answer.Frame)
        case end
    }

    /// What is to be done about the first in the queue.
    enum Step {
        /// Send it; nothing where the request has no answer.
        case send(Answer.Frame?)
        /// Begin this work; its result is `fill`ed in.
        case begin(Number, @Sendable () async -> Answer.Frame)
        /// Close the connection: the request is answered by that.
        case end
    }

    private var places = CircularBuffer<Place>()
    private var first: Number = 0

    /// The requests whose answers were not sent yet.
    var count: Int { places.count }

    /// Which place in the queue the request has, from 0; nil once its answer was sent.
    func index(of number: Number) -> Int? { number >= first && number - first < places.count ? number - first : nil }

    /// Whether that answer was sent, or is done with otherwise.
    func isSent(_ number: Number) -> Bool { number < first }

    /// The place of the next request's answer.
    mutating func reserve() -> Number {
        places.append(.open)
        return first + places.count - 1
    }

    mutating func fill(_ number: Number, with frame: Answer.Frame?) { place(number, .ready(frame)) }

    /// The work begins when it is the first.
    mutating func postpone(_ number: Number, _ work: @escaping @Sendable () async -> Answer.Frame) {
        place(number, .later(work))
    }

    mutating func end(_ number: Number) { place(number, .end) }

    private mutating func place(_ number: Number, _ place: Place) {
        guard number >= first, number - first < places.count else { return }
        places[places.index(places.startIndex, offsetBy: number - first)] = place
    }

    /// What can be done now; nil while the first answer is not there.
    mutating func next() -> Step? {
        guard let place = places.first else { return nil }
        switch place {
        case .open: return nil
        case .end: return .end
        case .ready(let frame):
            places.removeFirst()
            first += 1
            return .send(frame)
        case .later(let work):
            places[places.startIndex] = .open
            return .begin(first, work)
        }
    }
}
