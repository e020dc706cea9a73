import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/** One member of a consumer group, which says what {@code Tests/Clients/group_member.py} says: {@code ASSIGNOR GROUP TOPIC [INSTANCE]}. SIGTERM makes it leave. */
final class GroupMember {
    private static volatile boolean isStopping = false;
    private static Set<Integer> owned = null;

    static void run(String server, String[] arguments) {
        Map<String, Object> settings = new HashMap<>(Map.of(
            "group.id", arguments[1],
            "partition.assignment.strategy", "org.apache.kafka.clients.consumer." + arguments[0],
            "session.timeout.ms", 6000,
            "heartbeat.interval.ms", 300,
            "enable.auto.commit", false,
            "reconnect.backoff.max.ms", 200L));
        if (arguments.length > 3) settings.put("group.instance.id", arguments[3]);
        Object[] pairs = settings.entrySet().stream().flatMap(entry -> java.util.stream.Stream.of(entry.getKey(), entry.getValue())).toArray();
        CountDownLatch left = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            isStopping = true;
            try {
                left.await();
            } catch (InterruptedException interruption) {
                Runtime.getRuntime().halt(1);
            }
            // The exit code would tell of the signal otherwise.
            Runtime.getRuntime().halt(0);
        }));
        try (KafkaConsumer<String, String> consumer = Clients.consumer(server, pairs)) {
            consumer.subscribe(Set.of(arguments[2]), new ConsumerRebalanceListener() {
                @Override public void onPartitionsAssigned(Collection<TopicPartition> partitions) { say("assigned"); }

                @Override public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}
            });
            while (!isStopping) readOn(consumer);
        }
        say("left");
        left.countDown();
    }

    private static void readOn(KafkaConsumer<String, String> consumer) {
        Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>();
        var records = consumer.poll(Duration.ofMillis(200));
        owns(consumer.assignment());
        for (ConsumerRecord<String, String> record : records) {
            say("read", record.partition(), record.offset(), record.value());
            positions.put(new TopicPartition(record.topic(), record.partition()), new OffsetAndMetadata(record.offset() + 1));
        }
        if (positions.isEmpty()) return;
        try {
            consumer.commitSync(positions);
            positions.forEach((partition, position) -> say("committed", partition.partition(), position.offset()));
        } catch (KafkaException error) {
            say("refused", error);
        }
    }

    private static void owns(Set<TopicPartition> partitions) {
        Set<Integer> numbers = new TreeSet<>();
        for (TopicPartition partition : partitions) numbers.add(partition.partition());
        if (numbers.equals(owned)) return;
        owned = numbers;
        say("owns", numbers.toArray());
    }

    private static void say(String word, Object... words) {
        StringBuilder line = new StringBuilder().append(System.nanoTime()).append(' ').append(word);
        for (Object each : words) line.append(' ').append(each);
        System.out.println(line);
        System.out.flush();
    }

    private GroupMember() {}
}
