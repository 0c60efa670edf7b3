import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cloudevents.CloudEvent;
import io.cloudevents.CloudEventData;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.core.data.BytesCloudEventData;
import io.cloudevents.http.HttpMessageFactory;
import io.cloudevents.jackson.JsonCloudEventData;
import java.io.File;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.OffsetDateTime;

/** Sends every event in every mode and form of data, and prints what a user of the SDK gets to see, a line each. */
class Send {
  static final ObjectMapper JSON = new ObjectMapper();
  static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  public static void main(String[] args) throws Exception {
    for (String mode : new String[] {"binary", "structured"})
      for (String form : new String[] {"object", "bytes", "plain"})
        for (JsonNode note : JSON.readTree(new File(System.getenv("EVENTS")))) {
          CloudEvent event = eventOf(note, note.get("id").asText() + " " + mode + " " + form, form);
          ObjectNode said = JSON.createObjectNode().put("mode", mode).put("form", form);
          said.putArray("ids").add(event.getId());
          try {
            HttpResponse<String> answer = CLIENT.send(requestOf(event, mode), HttpResponse.BodyHandlers.ofString());
            said.put("status", answer.statusCode()).put("seen", answer.body());
          } catch (Exception error) {
            said.put("unsent", error.toString());
          }
          System.out.println(JSON.writeValueAsString(said));
        }
  }

  static CloudEvent eventOf(JsonNode note, String id, String form) throws Exception {
    CloudEventData data =
        form.equals("object")
            ? JsonCloudEventData.wrap(note.get("data"))
            : BytesCloudEventData.wrap(
                form.equals("plain") ? "plain text".getBytes() : JSON.writeValueAsBytes(note.get("data")));
    CloudEventBuilder builder =
        CloudEventBuilder.v1()
            .withId(id)
            .withSource(URI.create(note.get("source").asText()))
            .withType(note.get("type").asText())
            .withTime(OffsetDateTime.parse(note.get("time").asText()))
            .withData(form.equals("plain") ? "text/plain" : "application/json", data);
    if (note.has("subject")) builder.withSubject(note.get("subject").asText());
    note.get("extensions")
        .fields()
        .forEachRemaining(
            one -> {
              if (one.getValue().isNumber()) builder.withExtension(one.getKey(), one.getValue().intValue());
              else builder.withExtension(one.getKey(), one.getValue().asText());
            });
    return builder.build();
  }

  static HttpRequest requestOf(CloudEvent event, String mode) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(System.getenv("URL")));
    request.header("authorization", "Bearer " + System.getenv("KEY"));
    var writer =
        HttpMessageFactory.createWriter(
            (name, value) -> request.header(name, value),
            body -> request.POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    if (mode.equals("binary")) writer.writeBinary(event);
    else writer.writeStructured(event, "application/cloudevents+json");
    return request.build();
  }
}
