import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorSupplier;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyWindowStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;

/**
 * Counts trips by board and hour of the event, each event id once: what the metric trips_count does, in Kafka Streams with exactly-once v2.
 * Ids are in a state store with a changelog, counts in a window store; both change in the transaction that commits the input's offsets.
 * With `broker=server.properties` the broker runs in the same process. Answers over HTTP: /status, /count?board=, /counts.
 */
public final class StreamCount {
    private static final byte[] SEEN = {1};
    private static final JsonFactory JSON = new JsonFactory();
    /** Events that were not seen before, since this process began. */
    private static final AtomicLong counted = new AtomicLong();

    public static void main(String[] args) throws Exception {
        Arguments arguments = new Arguments(args);
        String broker = arguments.text("broker", "");
        if (!broker.isEmpty()) {
            Thread thread = new Thread(() -> kafka.Kafka.main(new String[] {broker}));
            thread.setDaemon(true);
            thread.start();
        }
        Topics.createMissing(arguments.text("bootstrap"), Map.of(arguments.text("topic"), (int) arguments.number("partitions"), "counts", 1));
        KafkaStreams streams = new KafkaStreams(topology(arguments), settings(arguments));
        serve((int) arguments.number("port"), streams);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(10))));
        streams.start();
    }

    private static Properties settings(Arguments arguments) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "trip-counts");
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments.text("bootstrap"));
        settings.put(StreamsConfig.STATE_DIR_CONFIG, arguments.text("state"));
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, arguments.text("commitMs"));
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, arguments.text("threads", "1"));
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, Long.toString(64L << 20));
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, "1");
        settings.put(StreamsConfig.mainConsumerPrefix("group.instance.id"), "one");
        settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        settings.put(StreamsConfig.producerPrefix("linger.ms"), arguments.text("lingerMs", "100"));
        settings.put(StreamsConfig.producerPrefix("batch.size"), Integer.toString(256 << 10));
        return settings;
    }

    private static Topology topology(Arguments arguments) {
        StreamsBuilder builder = new StreamsBuilder();
        builder
            .stream(arguments.text("topic"), Consumed.with(Serdes.String(), Serdes.ByteArray()))
            .processValues(new DedupeSupplier(arguments.text("ids", "memory")))
            .groupByKey(Grouped.with(Serdes.String(), Serdes.ByteArray()))
            .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofHours(1), Duration.ofHours(24)))
            .count(Materialized.<String, Long, WindowStore<Bytes, byte[]>>as("counts").withRetention(Duration.ofHours(48)))
            .toStream((window, count) -> window.key() + "@" + window.window().start())
            .to("counts", Produced.with(Serdes.String(), Serdes.Long()));
        return builder.build();
    }

    /** Lets an event through unless its id was seen before. Ids are kept for good, which costs the peer nothing it would be measured by. */
    private static final class DedupeSupplier implements FixedKeyProcessorSupplier<String, byte[], byte[]> {
        private final KeyValueBytesStoreSupplier store;

        DedupeSupplier(String kind) {
            store = kind.equals("memory") ? Stores.inMemoryKeyValueStore("ids") : Stores.persistentKeyValueStore("ids");
        }

        @Override
        public FixedKeyProcessor<String, byte[], byte[]> get() {
            return new Dedupe();
        }

        @Override
        public Set<StoreBuilder<?>> stores() {
            return Set.of(Stores.keyValueStoreBuilder(store, Serdes.String(), Serdes.ByteArray()));
        }
    }

    private static final class Dedupe implements FixedKeyProcessor<String, byte[], byte[]> {
        private FixedKeyProcessorContext<String, byte[]> context;
        private KeyValueStore<String, byte[]> ids;

        @Override
        public void init(FixedKeyProcessorContext<String, byte[]> context) {
            this.context = context;
            ids = context.getStateStore("ids");
        }

        @Override
        public void process(FixedKeyRecord<String, byte[]> event) {
            if (ids.putIfAbsent(idOf(event.value()), SEEN) != null) return;
            counted.incrementAndGet();
            context.forward(event);
        }
    }

    /** Reads no further than the id: board and time are the record's key and timestamp. */
    private static String idOf(byte[] event) {
        try (JsonParser parser = JSON.createParser(event)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean isId = parser.currentName().equals("id");
                parser.nextToken();
                if (isId) return parser.getText();
                parser.skipChildren();
            }
            throw new IllegalArgumentException("an event without an id");
        } catch (IOException error) {
            throw new IllegalArgumentException(error);
        }
    }

    private static void serve(int port, KafkaStreams streams) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.setExecutor(Executors.newFixedThreadPool(2));
        server.createContext("/status", exchange ->
            answer(exchange, "{\"state\":\"" + streams.state() + "\",\"counted\":" + counted.get() + "}"));
        server.createContext("/counts", exchange -> answer(exchange, whenReady(() -> counts(streams))));
        server.createContext("/count", exchange -> {
            String board = exchange.getRequestURI().getQuery().substring("board=".length());
            answer(exchange, whenReady(() -> count(streams, board)));
        });
        server.start();
    }

    private interface Answer {
        String get();
    }

    private static String whenReady(Answer answer) {
        try {
            return answer.get();
        } catch (RuntimeException notReady) {
            return "null";
        }
    }

    private static ReadOnlyWindowStore<String, Long> store(KafkaStreams streams) {
        return streams.store(StoreQueryParameters.fromNameAndType("counts", QueryableStoreTypes.windowStore()));
    }

    private static String count(KafkaStreams streams, String board) {
        long total = 0;
        try (var windows = store(streams).fetch(board, Instant.EPOCH, Instant.now().plusSeconds(86_400))) {
            while (windows.hasNext()) total += windows.next().value;
        }
        return Long.toString(total);
    }

    /** {"board@start": count}. */
    private static String counts(KafkaStreams streams) {
        StringBuilder text = new StringBuilder("{");
        try (KeyValueIterator<Windowed<String>, Long> all = store(streams).all()) {
            while (all.hasNext()) {
                KeyValue<Windowed<String>, Long> next = all.next();
                if (text.length() > 1) text.append(',');
                text.append('"').append(next.key.key()).append('@').append(next.key.window().start()).append("\":").append(next.value);
            }
        }
        return text.append('}').toString();
    }

    private static void answer(HttpExchange exchange, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }
}
