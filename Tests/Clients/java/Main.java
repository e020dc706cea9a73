import java.util.Map;

/** Runs one scenario of Apache Kafka's Java client against a broker: {@code Main HOST:PORT SCENARIO}. Ends with an error if anything is not as it was sent. */
public final class Main {
    interface Scenario {
        void run(String server) throws Exception;
    }

    private static final Map<String, Scenario> SCENARIOS = Map.of(
        "administration", Administration::topics,
        "configs", Administration::configs,
        "cluster", Administration::cluster,
        "partitions", Administration::manyPartitions,
        "codecs", ProduceAndConsume::codecs,
        "times", ProduceAndConsume::offsetsByTime,
        "large", ProduceAndConsume::largeMessages,
        "transactions", Transactions::ends,
        "transaction positions", Transactions::positions,
        "transactions described", Transactions::described);

    public static void main(String[] arguments) throws Exception {
        Scenario scenario = SCENARIOS.get(arguments[1]);
        if (scenario == null) throw new IllegalArgumentException(arguments[1] + " is none of " + SCENARIOS.keySet());
        scenario.run(arguments[0]);
        System.out.println("done");
        // A client's thread that still runs would keep the program from its end.
        System.exit(0);
    }

    /** Ends the scenario unless the two are the same. */
    static void same(Object expected, Object actual, String what) {
        if (!expected.equals(actual)) throw new AssertionError(what + ": " + actual + " instead of " + expected);
    }

    private Main() {}
}
