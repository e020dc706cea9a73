import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeader;

/** Records written and read without a group. */
final class ProduceAndConsume {
    /** The times of records begin an hour ago: older ones are what retention looks for. */
    private static final long START = System.currentTimeMillis() - 3_600_000;

    /** Every codec, with and without idempotence: keys, headers, null values and timestamps come back as they were sent, at the offsets that were acknowledged. */
    static void codecs(String server) throws Exception {
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            for (boolean isIdempotent : List.of(true, false)) {
                String topic = "java." + codec + "." + isIdempotent;
                int count = 2000;
                try (var producer = Clients.producer(
                        server, "compression.type", codec, "acks", "all", "enable.idempotence", isIdempotent, "linger.ms", 5)) {
                    List<Future<RecordMetadata>> sent = new ArrayList<>();
                    for (int number = 0; number < count; number++) sent.add(producer.send(record(topic, number)));
                    for (int number = 0; number < count; number++) Main.same((long) number, sent.get(number).get().offset(), topic);
                }
                List<ConsumerRecord<String, String>> read = readAll(server, topic, count);
                for (int number = 0; number < count; number++) {
                    ConsumerRecord<String, String> record = read.get(number);
                    ProducerRecord<String, String> expected = record(topic, number);
                    Main.same((long) number, record.offset(), topic + ": offset");
                    Main.same(expected.key(), record.key(), topic + ": key");
                    Main.same(String.valueOf(expected.value()), String.valueOf(record.value()), topic + ": value");
                    Main.same(expected.timestamp(), record.timestamp(), topic + ": timestamp");
                    Main.same(expected.headers(), record.headers(), topic + ": headers");
                }
            }
        }
    }

    private static ProducerRecord<String, String> record(String topic, int number) {
        String value = number % 10 == 9 ? null : "v" + number + "x".repeat(number % 300);
        var headers = List.of(new RecordHeader("number", ("" + number).getBytes()), new RecordHeader("none", (byte[]) null));
        return new ProducerRecord<>(topic, 0, START + number, "k" + number, value, List.copyOf(headers));
    }

    /** What a partition has, read from its beginning. */
    static List<ConsumerRecord<String, String>> readAll(String server, String topic, int count, Object... settings) {
        try (KafkaConsumer<String, String> consumer = Clients.consumer(server, settings)) {
            var partitions = List.of(new TopicPartition(topic, 0));
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            List<ConsumerRecord<String, String>> read = new ArrayList<>();
            long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
            while (read.size() < count) {
                if (System.nanoTime() > deadline) throw new AssertionError(topic + ": " + read.size() + " of " + count);
                consumer.poll(Duration.ofSeconds(1)).forEach(read::add);
            }
            Main.same(count, read.size(), topic + ": records");
            return read;
        }
    }

    /** The first offset at or after a time, the offset with the greatest time, and both ends. */
    static void offsetsByTime(String server) throws Exception {
        String topic = "java.times";
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var producer = Clients.producer(server)) {
            // The greatest time is in the middle.
            for (int number = 0; number < 1000; number++) {
                long time = number == 500 ? START + 900_000 : START + number * 10;
                producer.send(new ProducerRecord<>(topic, 0, time, null, "v" + number));
                if (number % 100 == 99) producer.flush();
            }
        }
        try (KafkaConsumer<String, String> consumer = Clients.consumer(server)) {
            var found = consumer.offsetsForTimes(Map.of(partition, START + 2995)).get(partition);
            Main.same(300L, found.offset(), "the offset of a time");
            Main.same(START + 3000, found.timestamp(), "the time at that offset");
            Main.same(500L, consumer.offsetsForTimes(Map.of(partition, START + 100_000)).get(partition).offset(), "of a late time");
            if (consumer.offsetsForTimes(Map.of(partition, START + 900_001)).get(partition) != null) throw new AssertionError("a time after all");
            Main.same(Map.of(partition, 0L), consumer.beginningOffsets(List.of(partition)), "the beginning");
            Main.same(Map.of(partition, 1000L), consumer.endOffsets(List.of(partition)), "the end");
            // From the middle of a batch.
            consumer.assign(List.of(partition));
            consumer.seek(partition, 777);
            Main.same("v777", consumer.poll(Duration.ofSeconds(60)).iterator().next().value(), "at an offset");
        }
        try (Admin admin = Clients.admin(server)) {
            Main.same(500L, offset(admin, partition, OffsetSpec.maxTimestamp()).offset(), "the offset of the greatest time");
            Main.same(START + 900_000, offset(admin, partition, OffsetSpec.maxTimestamp()).timestamp(), "the greatest time");
            Main.same(300L, offset(admin, partition, OffsetSpec.forTimestamp(START + 2995)).offset(), "the offset of a time, by an administrator");
            Main.same(0L, offset(admin, partition, OffsetSpec.earliest()).offset(), "earliest");
            Main.same(1000L, offset(admin, partition, OffsetSpec.latest()).offset(), "latest");
            Main.same(0L, offset(admin, partition, OffsetSpec.earliestLocal()).offset(), "earliest on this disk");
        }
    }

    private static ListOffsetsResult.ListOffsetsResultInfo offset(Admin admin, TopicPartition partition, OffsetSpec spec) throws Exception {
        return admin.listOffsets(Map.of(partition, spec)).partitionResult(partition).get();
    }

    /** Messages of 10 MB, of which each fills a batch and an answer of its own. */
    static void largeMessages(String server) throws Exception {
        String topic = "java.large";
        int size = 10_000_000;
        try (KafkaProducer<String, String> producer = Clients.producer(
                server, "max.request.size", 12_000_000, "buffer.memory", 64_000_000L)) {
            for (int number = 0; number < 3; number++) producer.send(new ProducerRecord<>(topic, 0, null, value(number, size))).get();
        }
        // Not a fetch's limit but its first batch decides (KIP-74).
        List<ConsumerRecord<String, String>> read = readAll(server, topic, 3, "max.partition.fetch.bytes", 1 << 20);
        for (int number = 0; number < 3; number++) Main.same(value(number, size), read.get(number).value(), "a large message");
    }

    private static String value(int number, int size) { return ("" + (char) ('a' + number)).repeat(size); }

    private ProduceAndConsume() {}
}
