import static org.apache.kafka.clients.admin.AlterConfigOp.OpType.APPEND;
import static org.apache.kafka.clients.admin.AlterConfigOp.OpType.DELETE;
import static org.apache.kafka.clients.admin.AlterConfigOp.OpType.SET;
import static org.apache.kafka.clients.admin.AlterConfigOp.OpType.SUBTRACT;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;

/** Topics, partitions, records and configs, and what else an administrator asks a cluster. */
final class Administration {
    private static ConfigResource topic(String name) { return new ConfigResource(ConfigResource.Type.TOPIC, name); }

    static void topics(String server) throws Exception {
        try (Admin admin = Clients.admin(server); var producer = Clients.producer(server)) {
            NewTopic wanted = new NewTopic("t", 3, (short) 3).configs(Map.of("cleanup.policy", "compact"));
            var trial = admin.createTopics(List.of(wanted), new CreateTopicsOptions().validateOnly(true));
            trial.all().get();
            Main.same(false, admin.listTopics().names().get().contains("t"), "after a trial");
            var created = admin.createTopics(List.of(wanted));
            Main.same(3, created.numPartitions("t").get(), "partitions");
            Main.same(1, created.replicationFactor("t").get(), "replicas");
            Main.same("compact", created.config("t").get().get("cleanup.policy").value(), "policy");
            Uuid id = created.topicId("t").get();
            fails("TopicExists", admin.createTopics(List.of(wanted)).all());
            fails("InvalidTopic", admin.createTopics(List.of(new NewTopic("a b", 1, (short) 1))).all());
            fails("InvalidReplicationFactor", admin.createTopics(List.of(new NewTopic("x", 1, (short) 0))).all());
            fails("InvalidPartitions", admin.createTopics(List.of(new NewTopic("x", 0, (short) 1))).all());
            fails("InvalidReplicaAssignment", admin.createTopics(List.of(new NewTopic("x", Map.of(0, List.of(7))))).all());
            fails("InvalidConfiguration", admin.createTopics(
                List.of(new NewTopic("x", 1, (short) 1).configs(Map.of("retention.m", "1")))).all());
            admin.createTopics(List.of(new NewTopic("usual", Optional.empty(), Optional.empty()))).all().get();
            admin.createTopics(List.of(new NewTopic("assigned", Map.of(0, List.of(1), 1, List.of(1))))).all().get();
            Main.same(2, described(admin, "assigned").partitions().size(), "assigned partitions");

            admin.createPartitions(Map.of("t", NewPartitions.increaseTo(5))).all().get();
            Main.same(5, described(admin, "t").partitions().size(), "more partitions");
            Main.same(id, described(admin, "t").topicId(), "the id");
            Main.same(5, admin.describeTopics(TopicCollection.ofTopicIds(List.of(id))).allTopicIds().get().get(id)
                .partitions().size(), "partitions by id");
            fails("InvalidPartitions", admin.createPartitions(Map.of("t", NewPartitions.increaseTo(4))).all());
            fails("UnknownTopicOrPartition", admin.createPartitions(Map.of("none", NewPartitions.increaseTo(4))).all());

            for (int number = 0; number < 10; number++) producer.send(new ProducerRecord<>("usual", "v" + number)).get();
            TopicPartition usual = new TopicPartition("usual", 0);
            var low = admin.deleteRecords(Map.of(usual, RecordsToDelete.beforeOffset(4))).lowWatermarks().get(usual).get();
            Main.same(4L, low.lowWatermark(), "low watermark");
            fails("OffsetOutOfRange", admin.deleteRecords(Map.of(usual, RecordsToDelete.beforeOffset(11))).all());
            admin.deleteRecords(Map.of(usual, RecordsToDelete.beforeOffset(-1))).all().get();
            var earliest = admin.listOffsets(Map.of(usual, OffsetSpec.earliest())).partitionResult(usual).get();
            Main.same(10L, earliest.offset(), "earliest");
            fails("PolicyViolation", admin.deleteRecords(
                Map.of(new TopicPartition("t", 0), RecordsToDelete.beforeOffset(0))).all());

            admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all().get();
            admin.deleteTopics(List.of("usual")).all().get();
            fails("UnknownTopicId", admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all());
            fails("UnknownTopicOrPartition", admin.deleteTopics(List.of("usual")).all());
            fails("UnknownTopicOrPartition", admin.describeTopics(List.of("usual")).allTopicNames());
        }
    }

    static void configs(String server) throws Exception {
        try (Admin admin = Clients.admin(server)) {
            admin.createTopics(List.of(new NewTopic("t", 2, (short) 1))).all().get();
            change(admin, "cleanup.policy", APPEND, "compact");
            change(admin, "retention.ms", SET, "1000");
            Main.same("compact,delete", configs(admin, "t").get("cleanup.policy").value(), "appended");
            change(admin, "cleanup.policy", SUBTRACT, "delete");
            Main.same("compact", configs(admin, "t").get("cleanup.policy").value(), "subtracted");
            ConfigEntry retention = configs(admin, "t").get("retention.ms");
            Main.same("1000", retention.value(), "set");
            Main.same(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG, retention.source(), "source");
            Main.same(ConfigEntry.ConfigType.LONG, retention.type(), "type");
            Main.same(2, retention.synonyms().size(), "synonyms");
            Main.same(false, retention.documentation().isEmpty(), "documentation");
            change(admin, "retention.ms", DELETE, "");
            Main.same("604800000", configs(admin, "t").get("retention.ms").value(), "deleted");
            fails("InvalidConfiguration", changed(admin, topic("t"), "retention.m", SET, "1"));
            fails("InvalidConfiguration", changed(admin, topic("t"), "compression.type", SET, "gzip"));
            fails("InvalidConfiguration", changed(admin, topic("t"), "retention.ms", APPEND, "1"));
            ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
            fails("InvalidConfiguration", changed(admin, broker, "num.partitions", SET, "3"));
            Config own = admin.describeConfigs(List.of(broker)).all().get().get(broker);
            Main.same("604800000", own.get("log.retention.ms").value(), "the broker's");
            Main.same(false, own.get("log.retention.ms").isReadOnly(), "changeable");
            Main.same(true, own.get("num.partitions").isReadOnly(), "read-only");
            ConfigResource brokers = new ConfigResource(ConfigResource.Type.BROKER, "");
            changed(admin, brokers, "log.retention.ms", SET, "2000").get();
            ConfigEntry inherited = configs(admin, "t").get("retention.ms");
            Main.same("2000", inherited.value(), "what a topic follows");
            Main.same(ConfigEntry.ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG, inherited.source(), "its source");
            Main.same(ConfigEntry.ConfigSource.DYNAMIC_BROKER_CONFIG,
                admin.describeConfigs(List.of(broker)).all().get().get(broker).get("log.retention.ms").source(), "one's");
            Main.same(ConfigEntry.ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG,
                admin.describeConfigs(List.of(brokers)).all().get().get(brokers).get("log.retention.ms").source(), "all's");
            changed(admin, broker, "log.retention.ms", DELETE, "").get();
            Main.same("604800000", configs(admin, "t").get("retention.ms").value(), "taken back");
            Set<ConfigResource> resources = Set.copyOf(admin.listConfigResources().all().get());
            Main.same(true, resources.containsAll(List.of(topic("t"), broker)), "resources " + resources);
        }
    }

    static void cluster(String server) throws Exception {
        try (Admin admin = Clients.admin(server)) {
            admin.createTopics(List.of(new NewTopic("t", 2, (short) 1))).all().get();
            var cluster = admin.describeCluster();
            Main.same(1, cluster.nodes().get().size(), "nodes");
            Main.same(cluster.controller().get().id(), cluster.nodes().get().iterator().next().id(), "controller");
            int node = cluster.controller().get().id();
            var clusterOptions = new DescribeClusterOptions().includeAuthorizedOperations(true);
            Main.same(true, admin.describeCluster(clusterOptions).authorizedOperations().get()
                .containsAll(Set.of(AclOperation.CREATE, AclOperation.DESCRIBE)), "what may be done in the cluster");
            Main.same(true, cluster.authorizedOperations().get() == null, "what was not asked");
            var topicOptions = new DescribeTopicsOptions().includeAuthorizedOperations(true);
            for (String name : List.of("t", "__consumer_offsets")) {
                var operations = admin.describeTopics(List.of(name), topicOptions).allTopicNames().get().get(name)
                    .authorizedOperations();
                Main.same(name.equals("t"), operations.contains(AclOperation.WRITE), name + " may be written to");
                Main.same(true, operations.contains(AclOperation.READ), name + " may be read");
            }
            var directories = admin.describeLogDirs(List.of(node)).allDescriptions().get().get(node).values();
            var replicas = directories.iterator().next().replicaInfos();
            Main.same(true, replicas.containsKey(new TopicPartition("t", 1)), "replicas " + replicas);
            Main.same(true, directories.iterator().next().totalBytes().getAsLong() > 0, "bytes of the volume");
            TopicPartition partition = new TopicPartition("t", 0);
            fails("ElectionNotNeeded", admin.electLeaders(ElectionType.PREFERRED, Set.of(partition)).all());
            admin.electLeaders(ElectionType.PREFERRED, null).all().get();
            Main.same(Map.of(), admin.listPartitionReassignments().reassignments().get(), "reassignments");
            Main.same(Map.of(), admin.describeClientQuotas(ClientQuotaFilter.all()).entities().get(), "quotas");
            var alice = new ClientQuotaEntity(Map.of(ClientQuotaEntity.USER, "alice"));
            fails("InvalidRequest", admin.alterClientQuotas(List.of(
                new ClientQuotaAlteration(alice, List.of(new ClientQuotaAlteration.Op("producer_byte_rate", 1.0))))).all());
            Main.same(Map.of(), admin.describeUserScramCredentials().all().get(), "users");
            fails("ResourceNotFound", admin.describeUserScramCredentials(List.of("alice")).description("alice"));
            var info = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096);
            fails("SecurityDisabled", admin.alterUserScramCredentials(
                List.of(new UserScramCredentialUpsertion("alice", info, "secret"))).all());
            var quorum = admin.describeMetadataQuorum().quorumInfo().get();
            Main.same(node, quorum.leaderId(), "the quorum's leader");
            Main.same(1, quorum.voters().size(), "voters");
            fails("SecurityDisabled", admin.describeAcls(AclBindingFilter.ANY).values());
            fails("SecurityDisabled", admin.deleteAcls(List.of(AclBindingFilter.ANY)).all());
        }
    }

    /** A topic of many partitions, told some at a time. */
    static void manyPartitions(String server) throws Exception {
        try (Admin admin = Clients.admin(server)) {
            admin.createTopics(List.of(new NewTopic("many", 2500, (short) 1), new NewTopic("z", 1, (short) 1))).all().get();
            Map<String, TopicDescription> found = admin.describeTopics(List.of("many", "z")).allTopicNames().get();
            Main.same(2500, found.get("many").partitions().size(), "many");
            Main.same(2499, found.get("many").partitions().get(2499).partition(), "the last");
            Main.same(1, found.get("z").partitions().size(), "one");
        }
    }

    private static TopicDescription described(Admin admin, String name) throws Exception {
        return admin.describeTopics(List.of(name)).allTopicNames().get().get(name);
    }

    private static Config configs(Admin admin, String name) throws Exception {
        var options = new DescribeConfigsOptions().includeSynonyms(true).includeDocumentation(true);
        return admin.describeConfigs(List.of(topic(name)), options).all().get().get(topic(name));
    }

    private static void change(Admin admin, String name, AlterConfigOp.OpType operation, String value) throws Exception {
        changed(admin, topic("t"), name, operation, value).get();
    }

    private static KafkaFuture<Void> changed(
            Admin admin, ConfigResource resource, String name, AlterConfigOp.OpType operation, String value) {
        Collection<AlterConfigOp> changes = List.of(new AlterConfigOp(new ConfigEntry(name, value), operation));
        return admin.incrementalAlterConfigs(Map.of(resource, changes)).all();
    }

    /** Ends the scenario unless this ends with an exception of that name, which tells more than the name. */
    private static void fails(String name, KafkaFuture<?> future) throws Exception {
        try {
            future.get();
        } catch (ExecutionException failure) {
            Throwable cause = failure.getCause();
            Main.same(name + "Exception", cause.getClass().getSimpleName(), "the error " + cause);
            return;
        }
        throw new AssertionError(name + " was expected");
    }

    private Administration() {}
}
