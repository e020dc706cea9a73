import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;

/** What administrators see of groups, and do to them. */
final class Groups {
    /** Groups are listed and described, their positions altered and deleted, and they themselves. */
    static void administration(String server) throws Exception {
        String topic = "java.grouped";
        String group = "java.group";
        TopicPartition partition = new TopicPartition(topic, 0);
        try (Admin admin = Clients.admin(server); var producer = Clients.producer(server)) {
            for (int number = 0; number < 100; number++) producer.send(new ProducerRecord<>(topic, 0, null, "" + number));
            producer.flush();
            try (KafkaConsumer<String, String> consumer = Clients.consumer(server, "group.id", group, "enable.auto.commit", false)) {
                consumer.subscribe(List.of(topic));
                Main.eventually(() -> consumer.poll(Duration.ofMillis(200)).count() > 0, "a record");
                consumer.commitSync(Map.of(partition, new OffsetAndMetadata(50, Optional.of(0), "half")));
                var described = admin.describeClassicGroups(List.of(group)).all().get().get(group);
                Main.same("STABLE", described.state().name(), "the group's state");
                Main.same(1, described.members().size(), "its members");
                Main.same(Set.of(partition), described.members().iterator().next().assignment().topicPartitions(), "the member's partitions");
                Main.same(1, admin.describeConsumerGroups(List.of(group)).all().get().get(group).members().size(), "its members as a consumer group");
                fails("GroupNotEmptyException", admin.deleteConsumerGroups(List.of(group)).all());
            }
            // A position with a leader epoch is validated (OffsetForLeaderEpoch) before the next member begins there.
            try (KafkaConsumer<String, String> consumer = Clients.consumer(server, "group.id", group, "enable.auto.commit", false)) {
                consumer.subscribe(List.of(topic));
                var first = new java.util.ArrayList<Long>();
                Main.eventually(() -> {
                    consumer.poll(Duration.ofMillis(200)).forEach(record -> first.add(record.offset()));
                    return !first.isEmpty();
                }, "a record");
                Main.same(50L, first.get(0), "where the next member begins");
            }
            Set<String> ids = admin.listGroups().all().get().stream().map(listing -> listing.groupId()).collect(Collectors.toSet());
            Main.same(true, ids.contains(group), "the list of groups");
            var offsets = admin.listConsumerGroupOffsets(Map.of(group, new ListConsumerGroupOffsetsSpec())).partitionsToOffsetAndMetadata(group).get();
            Main.same(new OffsetAndMetadata(50, Optional.of(0), "half"), offsets.get(partition), "the position with epoch and metadata");
            admin.alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(7))).all().get();
            Main.same(7L, admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition).offset(), "the position that was altered");
            admin.deleteConsumerGroupOffsets(group, Set.of(partition)).all().get();
            Main.same(Map.of(), admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get(), "the positions that are left");
            // With its last position an empty group may be gone by itself.
            admin.alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(7))).all().get();
            admin.deleteConsumerGroups(List.of(group)).all().get();
            fails("GroupIdNotFoundException", admin.deleteConsumerGroups(List.of(group)).all());
        }
    }

    private static void fails(String error, KafkaFuture<?> future) throws Exception {
        try {
            future.get();
        } catch (ExecutionException failure) {
            Main.same(error, failure.getCause().getClass().getSimpleName(), "the error");
            return;
        }
        throw new AssertionError("no " + error);
    }

    private Groups() {}
}
