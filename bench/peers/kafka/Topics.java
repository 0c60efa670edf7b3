import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/** Makes topics: `java Topics bootstrap=… trips=4`. Waits for the broker. */
public final class Topics {
    public static void main(String[] args) throws Exception {
        Arguments arguments = new Arguments(args);
        createMissing(arguments.text("bootstrap"), Map.of("trips", (int) arguments.number("trips")));
    }

    /** Partitions by topic. */
    static void createMissing(String bootstrap, Map<String, Integer> partitions) throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("default.api.timeout.ms", "60000");
        settings.put("reconnect.backoff.max.ms", "200");
        try (Admin admin = Admin.create(settings)) {
            Set<String> existing = admin.listTopics().names().get();
            List<NewTopic> missing = partitions.entrySet().stream()
                .filter(entry -> !existing.contains(entry.getKey()))
                .map(entry -> new NewTopic(entry.getKey(), entry.getValue(), (short) 1))
                .toList();
            admin.createTopics(missing).all().get();
        }
    }
}
