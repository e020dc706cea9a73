import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** Records are read, transformed and written with their positions in one transaction. */
final class ExactlyOnce {
    /** Numbers are read, doubled and written with their positions in one transaction; every third transaction is aborted, and every fifth ends with a new producer. */
    static void doubled(String server) throws Exception {
        String input = "java.numbers";
        String output = "java.doubled";
        int count = 500;
        try (var producer = Clients.producer(server)) {
            for (int number = 0; number < count; number++) producer.send(new ProducerRecord<>(input, 0, null, "" + number));
        }
        KafkaProducer<String, String> producer = producer(server, "java.doubler");
        TopicPartition partition = new TopicPartition(input, 0);
        int round = 0;
        try (KafkaConsumer<String, String> consumer = Clients.consumer(
                server, "group.id", "java.doubler", "enable.auto.commit", false, "isolation.level", "read_committed", "max.poll.records", 20)) {
            consumer.subscribe(List.of(input));
            long next = 0;
            long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
            while (next < count) {
                if (System.nanoTime() > deadline) throw new AssertionError(next + " of " + count);
                var records = consumer.poll(Duration.ofSeconds(1));
                if (records.isEmpty()) continue;
                round++;
                producer.beginTransaction();
                long position = next;
                for (ConsumerRecord<String, String> record : records) {
                    Main.same(position, record.offset(), "the offset that is read");
                    producer.send(new ProducerRecord<>(output, 0, null, "" + 2 * Integer.parseInt(record.value())));
                    position++;
                }
                Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>(Map.of(partition, new OffsetAndMetadata(position)));
                producer.sendOffsetsToTransaction(positions, consumer.groupMetadata());
                if (round % 5 == 0) {
                    // It dies: the next one of its name aborts what it has begun.
                    producer.close(Duration.ZERO);
                    producer = producer(server, "java.doubler");
                    consumer.seek(partition, next);
                } else if (round % 3 == 0) {
                    producer.abortTransaction();
                    consumer.seek(partition, next);
                } else {
                    producer.commitTransaction();
                    next = position;
                    Main.same(next, consumer.committed(Set.of(partition)).get(partition).offset(), "the committed position");
                }
            }
        } finally {
            producer.close(Duration.ZERO);
        }
        List<String> expected = new ArrayList<>();
        for (int number = 0; number < count; number++) expected.add("" + 2 * number);
        Main.same(expected, read(server, output, true), "each number doubled once, in order");
    }

    private static KafkaProducer<String, String> producer(String server, String id, Object... settings) {
        Object[] all = new Object[settings.length + 2];
        all[0] = "transactional.id";
        all[1] = id;
        System.arraycopy(settings, 0, all, 2, settings.length);
        KafkaProducer<String, String> producer = Clients.producer(server, all);
        producer.initTransactions();
        return producer;
    }

    /** What a partition has for a reader of that kind, up to where it ends for it. */
    private static List<String> read(String server, String topic, boolean isCommittedOnly) {
        try (KafkaConsumer<String, String> consumer = Clients.consumer(
                server, "isolation.level", isCommittedOnly ? "read_committed" : "read_uncommitted")) {
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            List<String> values = new ArrayList<>();
            while (consumer.position(partition) < end) consumer.poll(Duration.ofSeconds(1)).forEach(record -> values.add(record.value()));
            return values;
        }
    }

    private ExactlyOnce() {}
}
