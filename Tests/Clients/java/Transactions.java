import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;

/** Transactions: ended in each way, seen by readers of both kinds, with positions, and described to an operator. */
final class Transactions {
    private static KafkaProducer<String, String> producer(String server, String id, Object... settings) {
        Object[] all = new Object[settings.length + 2];
        all[0] = "transactional.id";
        all[1] = id;
        System.arraycopy(settings, 0, all, 2, settings.length);
        KafkaProducer<String, String> producer = Clients.producer(server, all);
        producer.initTransactions();
        return producer;
    }

    private static void send(KafkaProducer<String, String> producer, String topic, String... values) throws Exception {
        for (String value : values) producer.send(new ProducerRecord<>(topic, 0, null, value)).get();
    }

    private static List<String> read(String server, String topic, int count, String isolation) {
        return ProduceAndConsume.readAll(server, topic, count, "isolation.level", isolation).stream()
            .map(ConsumerRecord::value).toList();
    }

    /** Committed, aborted, fenced and timed out. */
    static void ends(String server) throws Exception {
        KafkaProducer<String, String> first = producer(server, "java");
        first.beginTransaction();
        send(first, "java.t", "1", "2");
        first.commitTransaction();
        first.beginTransaction();
        send(first, "java.t", "no");
        first.abortTransaction();
        first.beginTransaction();
        send(first, "java.t", "zombie");
        KafkaProducer<String, String> second = producer(server, "java");
        try {
            first.commitTransaction();
            throw new AssertionError("the zombie has committed");
        } catch (ProducerFencedException | InvalidProducerEpochException expected) {
            first.close(Duration.ZERO);
        }
        second.beginTransaction();
        send(second, "java.t", "3");
        second.commitTransaction();
        Main.same(List.of("1", "2", "3"), read(server, "java.t", 3, "read_committed"), "committed");
        Main.same(List.of("1", "2", "no", "zombie", "3"), read(server, "java.t", 5, "read_uncommitted"), "all");

        KafkaProducer<String, String> slow = producer(server, "slow", "transaction.timeout.ms", 500);
        slow.beginTransaction();
        send(slow, "java.t", "slow");
        try (Admin admin = Clients.admin(server)) {
            while (admin.describeTransactions(Set.of("slow")).description("slow").get().state() != TransactionState.COMPLETE_ABORT) {
                Thread.sleep(50);
            }
        }
        try {
            slow.commitTransaction();
            throw new AssertionError("what had lasted too long was committed");
        } catch (ProducerFencedException | InvalidProducerEpochException expected) {
            slow.close(Duration.ZERO);
        }
        second.beginTransaction();
        send(second, "java.t", "4");
        second.commitTransaction();
        second.close();
        Main.same(List.of("1", "2", "3", "4"), read(server, "java.t", 4, "read_committed"), "after a timeout");
    }

    /** Reads, writes and commits both at once; an aborted transaction takes its positions along. */
    static void positions(String server) throws Exception {
        try (KafkaProducer<String, String> filler = Clients.producer(server)) {
            for (int number = 0; number < 100; number++) send(filler, "java.source", "" + number);
        }
        try (KafkaProducer<String, String> producer = producer(server, "java-positions");
                KafkaConsumer<String, String> consumer = Clients.consumer(
                    server, "group.id", "java-positions", "enable.auto.commit", false, "isolation.level", "read_committed",
                    "max.poll.records", 10)) {
            consumer.subscribe(List.of("java.source"));
            int taken = 0;
            for (int round = 0; taken < 100; round++) {
                var records = consumer.poll(Duration.ofSeconds(30));
                Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>();
                producer.beginTransaction();
                for (ConsumerRecord<String, String> record : records) {
                    producer.send(new ProducerRecord<>("java.target", 0, null, record.value()));
                    positions.put(
                        new TopicPartition(record.topic(), record.partition()),
                        new OffsetAndMetadata(record.offset() + 1, record.leaderEpoch(), "round " + round));
                }
                if (!positions.isEmpty()) producer.sendOffsetsToTransaction(positions, consumer.groupMetadata());
                if (round % 3 == 1) {
                    producer.abortTransaction();
                    var committed = consumer.committed(consumer.assignment());
                    for (TopicPartition partition : consumer.assignment()) consumer.seek(partition, committed.get(partition).offset());
                } else {
                    producer.commitTransaction();
                    taken += records.count();
                }
            }
        }
        List<String> expected = new ArrayList<>();
        for (int number = 0; number < 100; number++) expected.add("" + number);
        Main.same(expected, read(server, "java.target", 100, "read_committed"), "each once");
    }

    /** What an operator sees of open and ended transactions. */
    static void described(String server) throws Exception {
        try (Admin admin = Clients.admin(server)) {
            admin.createTopics(List.of(new NewTopic("java.described", 2, (short) 1))).all().get();
            KafkaProducer<String, String> open = producer(server, "described-open", "transaction.timeout.ms", 60_000);
            KafkaProducer<String, String> idle = producer(server, "described-idle");
            open.beginTransaction();
            send(open, "java.described", "a", "b");
            TransactionDescription description = admin.describeTransactions(Set.of("described-open")).description("described-open").get();
            Main.same(TransactionState.ONGOING, description.state(), "state");
            Main.same(60_000L, description.transactionTimeoutMs(), "timeout");
            Main.same(Set.of(new TopicPartition("java.described", 0)), description.topicPartitions(), "partitions");
            long age = System.currentTimeMillis() - description.transactionStartTimeMs().getAsLong();
            if (age < 0 || age > 60_000) throw new AssertionError("it began " + age + " ms ago");

            var producers = admin.describeProducers(List.of(new TopicPartition("java.described", 0)))
                .partitionResult(new TopicPartition("java.described", 0)).get().activeProducers();
            Main.same(1, producers.size(), "producers");
            Main.same(description.producerId(), producers.get(0).producerId(), "producer id");
            Main.same(1, producers.get(0).lastSequence(), "last sequence");
            Main.same(0L, producers.get(0).currentTransactionStartOffset().getAsLong(), "start offset");

            Main.same(Set.of("described-open", "described-idle"), ids(admin, new ListTransactionsOptions()), "all");
            Main.same(
                Set.of("described-open"), ids(admin, new ListTransactionsOptions().filterStates(Set.of(TransactionState.ONGOING))), "ongoing");
            Main.same(
                Set.of("described-open"),
                ids(admin, new ListTransactionsOptions().filterProducerIds(Set.of(description.producerId()))), "by producer");
            Main.same(Set.of("described-open"), ids(admin, new ListTransactionsOptions().filterOnDuration(0)), "open");
            Main.same(Set.of(), ids(admin, new ListTransactionsOptions().filterOnDuration(3_600_000)), "open for an hour");
            Main.same(
                Set.of("described-idle"), ids(admin, new ListTransactionsOptions().filterOnTransactionalIdPattern("described-(idle|x+)")), "by pattern");
            Main.same(Set.of(), ids(admin, new ListTransactionsOptions().filterOnTransactionalIdPattern("described")), "by half a pattern");
            open.commitTransaction();
            Main.same(
                TransactionState.COMPLETE_COMMIT,
                admin.describeTransactions(Set.of("described-open")).description("described-open").get().state(), "state at the end");
            open.close();
            idle.close();
        }
    }

    private static Set<String> ids(Admin admin, ListTransactionsOptions options) throws Exception {
        Set<String> ids = new java.util.HashSet<>();
        for (TransactionListing listing : admin.listTransactions(options).all().get()) ids.add(listing.transactionalId());
        return ids;
    }

    private Transactions() {}
}
