// Sends every event in every mode and form of data, and prints what a user of the SDK gets to see, a line each.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
)

type note struct {
	ID, Source, Type, Subject string
	Time                      time.Time
	Extensions                map[string]any
	Data                      json.RawMessage
}

type line struct {
	Mode   string   `json:"mode"`
	Form   string   `json:"form"`
	IDs    []string `json:"ids"`
	Seen   string   `json:"seen,omitempty"`
	Unsent string   `json:"unsent,omitempty"`
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func data(form string, raw json.RawMessage) any {
	switch form {
	case "bytes":
		return []byte(raw)
	case "text":
		return string(raw)
	}
	var object map[string]any
	must(json.Unmarshal(raw, &object))
	return object
}

func eventOf(one note, mode, form string) cloudevents.Event {
	event := cloudevents.NewEvent()
	event.SetID(fmt.Sprintf("%s %s %s", one.ID, mode, form))
	event.SetSource(one.Source)
	event.SetType(one.Type)
	event.SetTime(one.Time)
	if one.Subject != "" {
		event.SetSubject(one.Subject)
	}
	for name, value := range one.Extensions {
		if number, isNumber := value.(float64); isNumber {
			value = int(number)
		}
		event.SetExtension(name, value)
	}
	if form == "plain" {
		must(event.SetData(cloudevents.TextPlain, "plain text"))
	} else {
		must(event.SetData(cloudevents.ApplicationJSON, data(form, one.Data)))
	}
	return event
}

func say(said line) {
	text, err := json.Marshal(said)
	must(err)
	fmt.Println(string(text))
}

func main() {
	url, key := os.Getenv("URL"), "Bearer "+os.Getenv("KEY")
	var notes []note
	file, err := os.ReadFile(os.Getenv("EVENTS"))
	must(err)
	must(json.Unmarshal(file, &notes))
	client, err := cloudevents.NewClientHTTP(cehttp.WithTarget(url), cehttp.WithHeader("Authorization", key))
	must(err)
	modes := map[string]func(context.Context) context.Context{
		"binary": cloudevents.WithEncodingBinary, "structured": cloudevents.WithEncodingStructured,
	}
	for _, form := range []string{"object", "text", "bytes", "plain"} {
		for mode, encoded := range modes {
			for _, one := range notes {
				event := eventOf(one, mode, form)
				result := client.Send(encoded(context.Background()), event)
				said := line{Mode: mode, Form: form, IDs: []string{event.ID()}}
				if cloudevents.IsUndelivered(result) {
					said.Unsent = result.Error()
				} else if result != nil {
					said.Seen = result.Error()
				}
				say(said)
			}
		}
		say(batch(url, key, form, notes))
	}
}

func batch(url, key, form string, notes []note) line {
	said := line{Mode: "batch", Form: form}
	var events []cloudevents.Event
	for _, one := range notes {
		events = append(events, eventOf(one, "batch", form))
		said.IDs = append(said.IDs, events[len(events)-1].ID())
	}
	request, err := cehttp.NewHTTPRequestFromEvents(context.Background(), url, events)
	must(err)
	request.Header.Set("Authorization", key)
	answer, err := http.DefaultClient.Do(request)
	must(err)
	body, err := io.ReadAll(answer.Body)
	must(err)
	said.Seen = string(body)
	return said
}
