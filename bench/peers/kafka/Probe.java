import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * How long after an event was sent its count is visible, ms: in the state store by an interactive query (before the transaction commits,
 * so it may still be taken back), and in the output topic to a consumer that reads committed records only. Each event is a board of its own.
 */
public final class Probe {
    private final Arguments arguments;
    private final Map<String, Long> committedAt = new ConcurrentHashMap<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private volatile boolean isReading;

    private Probe(Arguments arguments) {
        this.arguments = arguments;
    }

    public static void main(String[] args) throws Exception {
        new Probe(new Arguments(args)).run();
    }

    private void run() throws Exception {
        Thread reader = new Thread(this::readCommitted);
        reader.setDaemon(true);
        reader.start();
        while (!isReading) Thread.sleep(10);
        Trips trips = new Trips(arguments.text("trips"));
        List<Double> stored = new ArrayList<>();
        List<Double> committed = new ArrayList<>();
        long end = System.nanoTime() + arguments.number("seconds") * 1_000_000_000L;
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            for (int board = 1_000_000; System.nanoTime() < end; board++) {
                long sent = System.nanoTime();
                producer.send(trips.probe(arguments.text("topic"), board, 77_000_000_000L + board)).get();
                while (!isStored(board)) Thread.sleep(1);
                stored.add((System.nanoTime() - sent) / 1e6);
                while (!committedAt.containsKey(Integer.toString(board))) Thread.sleep(1);
                committed.add((committedAt.get(Integer.toString(board)) - sent) / 1e6);
                Thread.sleep(20);
            }
        }
        System.out.printf("{\"stored\":%s,\"committed\":%s}%n", stored, committed);
        System.exit(0);
    }

    private boolean isStored(int board) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + arguments.text("port") + "/count?board=" + board);
        String body = http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
        return !body.equals("null") && !body.equals("0");
    }

    private void readCommitted() {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", arguments.text("bootstrap"));
        settings.put("isolation.level", "read_committed");
        settings.put("fetch.min.bytes", "1");
        try (KafkaConsumer<String, Long> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new LongDeserializer())) {
            TopicPartition counts = new TopicPartition("counts", 0);
            consumer.assign(List.of(counts));
            consumer.seekToEnd(List.of(counts));
            consumer.position(counts);
            isReading = true;
            while (true) {
                for (ConsumerRecord<String, Long> record : consumer.poll(Duration.ofMillis(100)))
                    committedAt.putIfAbsent(record.key().substring(0, record.key().indexOf('@')), System.nanoTime());
            }
        }
    }

    private KafkaProducer<byte[], byte[]> producer() {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", arguments.text("bootstrap"));
        settings.put("acks", "all");
        settings.put("linger.ms", "0");
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }
}
