import java.util.Arrays;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Load generator for Kafka, the counterpart of bench/suites/trip-load.ts: sends trips at a steady rate and prints the same JSON lines.
 * `mode=batch`: one producer that fills batches. `mode=single`: `clients` producers, each of which waits for the answer to an event before
 * it sends the next. `resends=true`: every hundredth event is one that was sent before. Ends after `seconds`, or with its standard input.
 */
public final class Load {
    private static final int SAMPLED = 64;

    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong acknowledged = new AtomicLong();
    private final long[] latencies = new long[1 << 20];
    private final AtomicLong latencyCount = new AtomicLong();
    private final Arguments arguments;
    private final Trips trips;
    private final String topic;
    private final long firstNumber;
    private final long started = System.nanoTime();
    private final long end;
    private volatile RuntimeException failure;
    private volatile boolean isStopped;
    private boolean hasEnded;

    private Load(Arguments arguments) throws Exception {
        this.arguments = arguments;
        trips = new Trips(arguments.text("trips"));
        topic = arguments.text("topic");
        firstNumber = arguments.number("seed", 1) * 1_000_000_000L;
        end = started + arguments.number("seconds", 3600) * 1_000_000_000L;
    }

    public static void main(String[] args) throws Exception {
        new Load(new Arguments(args)).run();
    }

    private void run() throws Exception {
        Thread reports = new Thread(this::reportEverySecond);
        reports.setDaemon(true);
        reports.start();
        Thread input = new Thread(this::stopAtEndOfInput);
        input.setDaemon(true);
        input.start();
        if (arguments.text("mode").equals("single")) sendSingles();
        else sendBatches();
        report(true);
        if (failure != null) throw failure;
        System.exit(0);
    }

    private void sendBatches() throws Exception {
        long rate = arguments.number("rate", 0);
        boolean resends = arguments.text("resends", "false").equals("true");
        try (KafkaProducer<byte[], byte[]> producer = producer(arguments.number("lingerMs", 5), (int) arguments.number("batchBytes", 1 << 20))) {
            for (long n = 0; failure == null && !isStopped; n++) {
                long now = System.nanoTime();
                if (now >= end) break;
                if (rate > 0) waitFor(started + (long) (n * 1e9 / rate), now);
                send(producer, resends && n % 100 == 99 ? n - 50 : n);
            }
            producer.flush();
        }
    }

    private void send(KafkaProducer<byte[], byte[]> producer, long n) {
        long sentAt = n % SAMPLED == 0 ? System.nanoTime() : 0;
        sent.incrementAndGet();
        producer.send(trips.record(topic, (int) (n % trips.size()), firstNumber + n), (metadata, error) -> answered(sentAt, error));
    }

    private void answered(long sentAt, Exception error) {
        if (error != null) failure = new RuntimeException(error);
        else acknowledged.incrementAndGet();
        if (sentAt > 0) latencies[(int) (latencyCount.getAndIncrement() % latencies.length)] = System.nanoTime() - sentAt;
    }

    private void sendSingles() throws Exception {
        Thread[] clients = new Thread[(int) arguments.number("clients", 32)];
        for (int client = 0; client < clients.length; client++) {
            long first = client;
            clients[client] = new Thread(() -> sendSingles(first, clients.length));
            clients[client].start();
        }
        for (Thread client : clients) client.join();
    }

    private void sendSingles(long first, int step) {
        try (KafkaProducer<byte[], byte[]> producer = producer(0, 0)) {
            for (long n = first; System.nanoTime() < end; n += step) {
                long sentAt = System.nanoTime();
                sent.incrementAndGet();
                RecordMetadata ignored = producer.send(trips.record(topic, (int) (n % trips.size()), firstNumber + n)).get();
                answered(sentAt, null);
            }
        } catch (Exception error) {
            failure = new RuntimeException(error);
        }
    }

    private KafkaProducer<byte[], byte[]> producer(long lingerMs, int batchBytes) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", arguments.text("bootstrap"));
        settings.put("acks", "all");
        settings.put("enable.idempotence", "true");
        settings.put("linger.ms", Long.toString(lingerMs));
        settings.put("batch.size", Integer.toString(batchBytes));
        settings.put("buffer.memory", Integer.toString(64 << 20));
        settings.put("max.request.size", Integer.toString(4 << 20));
        settings.put("compression.type", arguments.text("compression", "none"));
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** Sleeps until a moment; shorter waits than half a millisecond are left to the next event. */
    private static void waitFor(long due, long now) throws InterruptedException {
        long nanos = due - now;
        if (nanos > 500_000) Thread.sleep(nanos / 1_000_000, (int) (nanos % 1_000_000));
    }

    private void reportEverySecond() {
        try {
            while (true) {
                Thread.sleep(1000);
                report(false);
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private void stopAtEndOfInput() {
        try {
            while (System.in.read() >= 0);
        } catch (java.io.IOException closed) {
            // It ends all the same.
        }
        isStopped = true;
    }

    private synchronized void report(boolean isLast) {
        if (hasEnded) return;
        hasEnded = isLast;
        double at = (System.nanoTime() - started) / 1e6;
        String more = isLast ? String.format(",\"last\":true,\"p50\":%.2f,\"p99\":%.2f", quantile(0.5), quantile(0.99)) : "";
        System.out.printf("{\"sentEvents\":%d,\"acceptedEvents\":%d,\"refusedRequests\":0,\"at\":%.1f%s}%n", sent.get(), acknowledged.get(), at, more);
    }

    /** ms. */
    private double quantile(double q) {
        int count = (int) Math.min(latencyCount.get(), latencies.length);
        if (count == 0) return 0;
        long[] sorted = Arrays.copyOf(latencies, count);
        Arrays.sort(sorted);
        return sorted[(int) Math.min(count - 1, count * q)] / 1e6;
    }
}
