import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * The trips that bench/suites/trip-events.ts makes, read from a file of one JSON event a line. As in trip-load.ts, bodies are made once and
 * only ids are written anew, so that the load costs little. The record's key is the board and its timestamp the event's time, so that
 * consumers need not look for either.
 */
final class Trips {
    private static final byte[] PLACE_OF_ID = "################".getBytes(StandardCharsets.ISO_8859_1);
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.ISO_8859_1);

    private record Template(byte[] body, int idAt, byte[] board, long time) {}

    private final Template[] templates;

    Trips(String file) throws IOException {
        List<String> lines = Files.readAllLines(Path.of(file));
        templates = lines.stream().map(Trips::template).toArray(Template[]::new);
    }

    int size() {
        return templates.length;
    }

    /** The event of a line; where the line has no id of its own, with the id that belongs to a number. */
    ProducerRecord<byte[], byte[]> record(String topic, int line, long number) {
        Template template = templates[line % templates.length];
        byte[] body = template.body;
        if (template.idAt >= 0) {
            body = body.clone();
            writeId(body, template.idAt, number);
        }
        return new ProducerRecord<>(topic, null, template.time, template.board, body);
    }

    /** A trip of a board that nobody else rides. */
    ProducerRecord<byte[], byte[]> probe(String topic, int board, long number) {
        Template template = templates[0];
        String text = new String(template.body, StandardCharsets.UTF_8)
            .replaceFirst("\"hoverboard_id\":\\d+", "\"hoverboard_id\":" + board);
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        writeId(body, text.indexOf("################"), number);
        return new ProducerRecord<>(topic, null, template.time, key(board), body);
    }

    static byte[] key(int board) {
        return Integer.toString(board).getBytes(StandardCharsets.ISO_8859_1);
    }

    private static Template template(String line) {
        byte[] board = between(line, "\"hoverboard_id\":", ",").getBytes(StandardCharsets.ISO_8859_1);
        long time = Instant.parse(between(line, "\"time\":\"", "\"")).toEpochMilli();
        int idAt = line.indexOf(new String(PLACE_OF_ID, StandardCharsets.ISO_8859_1));
        return new Template(line.getBytes(StandardCharsets.ISO_8859_1), idAt, board, time);
    }

    private static String between(String line, String before, String after) {
        int from = line.indexOf(before) + before.length();
        return line.substring(from, line.indexOf(after, from));
    }

    private static void writeId(byte[] body, int at, long number) {
        writeHex(body, at, mix((int) number));
        writeHex(body, at + 8, mix((int) (number >>> 32) + 77) ^ (int) number);
    }

    private static void writeHex(byte[] body, int at, int value) {
        for (int digit = 0; digit < 8; digit++) body[at + digit] = HEX[(value >>> (digit * 4)) & 15];
    }

    private static int mix(int n) {
        int x = (n ^ (n >>> 16)) * 0x7feb352d;
        x = (x ^ (x >>> 15)) * 0x846ca68b;
        return x ^ (x >>> 16);
    }
}
