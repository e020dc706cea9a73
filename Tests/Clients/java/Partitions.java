import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** Topics of many partitions, and compacted ones. */
final class Partitions {
    /** A topic of a thousand partitions is written and read, each of them. */
    static void thousand(String server) throws Exception {
        String name = "java.many";
        int count = 1000;
        try (Admin admin = Clients.admin(server); var producer = Clients.producer(server)) {
            admin.createTopics(List.of(new NewTopic(name, count, (short) 1))).all().get();
            for (int number = 0; number < 3 * count; number++) producer.send(new ProducerRecord<>(name, number % count, null, "" + number));
            producer.flush();
            try (KafkaConsumer<String, String> consumer = Clients.consumer(server)) {
                consumer.assign(consumer.partitionsFor(name).stream().map(info -> new TopicPartition(name, info.partition())).toList());
                Main.same(count, consumer.assignment().size(), "the partitions");
                Set<Integer> seen = new TreeSet<>();
                Main.eventually(() -> {
                    consumer.poll(Duration.ofSeconds(1)).forEach(record -> seen.add(Integer.parseInt(record.value())));
                    return seen.size() == 3 * count;
                }, "all records");
            }
            admin.deleteTopics(List.of(name)).all().get();
        }
    }

    /** Of a compacted topic a consumer sees the last record of each key, and none of a key that was deleted. */
    static void compaction(String server) throws Exception {
        String name = "java.compacted";
        Map<String, String> configs = Map.of(
            "cleanup.policy", "compact", "segment.ms", "100", "min.cleanable.dirty.ratio", "0.01", "delete.retention.ms", "0", "segment.bytes", "1048576");
        try (Admin admin = Clients.admin(server); var producer = Clients.producer(server)) {
            admin.createTopics(List.of(new NewTopic(name, 1, (short) 1).configs(configs))).all().get();
            Map<String, String> expected = new TreeMap<>();
            for (int round = 0; round < 20; round++) {
                for (int key = 0; key < 50; key++) {
                    String value = key % 10 == 9 && round == 19 ? null : "round " + round;
                    producer.send(new ProducerRecord<>(name, 0, "k" + key, value));
                    if (value == null) expected.remove("k" + key); else expected.put("k" + key, value);
                }
                producer.flush();
            }
            // The segment that is written to is never compacted: another takes its place.
            Main.eventually(() -> {
                producer.send(new ProducerRecord<>(name, 0, "last", "" + System.nanoTime())).get();
                List<ConsumerRecord<String, String>> read = read(server, name);
                Map<String, String> seen = new TreeMap<>();
                long offset = -1;
                int records = 0;
                for (ConsumerRecord<String, String> record : read) {
                    if (record.offset() <= offset) throw new AssertionError("offset " + record.offset() + " behind " + offset);
                    offset = record.offset();
                    if (record.key().equals("last")) continue;
                    records++;
                    if (record.value() == null) seen.remove(record.key()); else seen.put(record.key(), record.value());
                }
                Main.same(expected, seen, "the last value of each key, at any time");
                return records == expected.size();
            }, "no key twice, and none that was deleted");
        }
    }

    private static List<ConsumerRecord<String, String>> read(String server, String topic) {
        try (KafkaConsumer<String, String> consumer = Clients.consumer(server)) {
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            List<ConsumerRecord<String, String>> read = new ArrayList<>();
            while (consumer.position(partition) < end) consumer.poll(Duration.ofSeconds(1)).forEach(read::add);
            return read;
        }
    }

    private Partitions() {}
}
