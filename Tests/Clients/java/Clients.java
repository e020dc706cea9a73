import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** The clients of the scenarios: of texts, with Kafka's own defaults but for what is given as pairs of keys and values. */
final class Clients {
    static KafkaProducer<String, String> producer(String server, Object... settings) {
        return new KafkaProducer<>(configuration(server, settings), new StringSerializer(), new StringSerializer());
    }

    /** A consumer that begins with the first record where nothing is committed. */
    static KafkaConsumer<String, String> consumer(String server, Object... settings) {
        Map<String, Object> configuration = configuration(server, settings);
        configuration.putIfAbsent("auto.offset.reset", "earliest");
        return new KafkaConsumer<>(configuration, new StringDeserializer(), new StringDeserializer());
    }

    static Admin admin(String server) { return Admin.create(configuration(server)); }

    private static Map<String, Object> configuration(String server, Object... settings) {
        Map<String, Object> configuration = new HashMap<>(Map.of("bootstrap.servers", server, "client.id", "java-4.3.0"));
        for (int index = 0; index < settings.length; index += 2) configuration.put((String) settings[index], settings[index + 1]);
        return configuration;
    }

    private Clients() {}
}
