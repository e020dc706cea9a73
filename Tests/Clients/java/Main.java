import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.Callable;

/** Runs one scenario of Apache Kafka's Java client against a broker: {@code Main HOST:PORT SCENARIO}. Ends with an error if anything is not as it should be. */
public final class Main {
    interface Scenario {
        void run(String server) throws Exception;
    }

    private static final Map<String, Scenario> SCENARIOS = Map.ofEntries(
        Map.entry("codecs", ProduceAndConsume::codecs),
        Map.entry("times", ProduceAndConsume::offsetsByTime),
        Map.entry("large", ProduceAndConsume::largeMessages),
        Map.entry("administration", Administration::topics),
        Map.entry("configs", Administration::configs),
        Map.entry("cluster", Administration::cluster),
        Map.entry("partitions", Administration::manyPartitions),
        Map.entry("transactions", Transactions::ends),
        Map.entry("transaction positions", Transactions::positions),
        Map.entry("transactions described", Transactions::described),
        Map.entry("exactly-once", ExactlyOnce::doubled),
        Map.entry("group-administration", Groups::administration),
        Map.entry("thousand-partitions", Partitions::thousand),
        Map.entry("compaction", Partitions::compaction));

    public static void main(String[] arguments) throws Exception {
        if (arguments[1].equals("member")) {
            GroupMember.run(arguments[0], Arrays.copyOfRange(arguments, 2, arguments.length));
        } else {
            Scenario scenario = SCENARIOS.get(arguments[1]);
            if (scenario == null) throw new IllegalArgumentException(arguments[1] + " is none of " + SCENARIOS.keySet());
            scenario.run(arguments[0]);
        }
        // A client's thread that still runs would keep the program from its end.
        System.exit(0);
    }

    /** Ends the scenario unless the two are the same. */
    static void same(Object expected, Object actual, String what) {
        if (!expected.equals(actual)) throw new AssertionError(what + ": " + actual + " instead of " + expected);
    }

    /** Looks until it is so. */
    static void eventually(Callable<Boolean> condition, String what) throws Exception {
        long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        while (!condition.call()) {
            if (System.nanoTime() > deadline) throw new AssertionError(what + ": not within two minutes");
            Thread.sleep(20);
        }
    }

    private Main() {}
}
