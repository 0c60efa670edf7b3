import { readFileSync } from 'node:fs'
import { CloudEvent, emitterFor, httpTransport, Mode } from 'cloudevents'

// Sends every event in every mode and form of data, and prints what a user of the SDK gets to see, a line each.
const { URL: address, KEY, EVENTS } = process.env
const headers = { authorization: `Bearer ${KEY}` }
const forms = {
  object: data => data,
  text: data => JSON.stringify(data),
  bytes: data => Buffer.from(JSON.stringify(data)),
  plain: data => data.text,
}

for (const mode of [Mode.BINARY, Mode.STRUCTURED]) {
  const emit = emitterFor(httpTransport(address), { mode })
  for (const [form, shape] of Object.entries(forms)) {
    for (const { id: name, data, extensions, ...attributes } of JSON.parse(readFileSync(EVENTS, 'utf8'))) {
      const id = `${name} ${mode} ${form}`
      const datacontenttype = form === 'plain' ? 'text/plain' : 'application/json'
      const event = { ...attributes, ...extensions, id, datacontenttype, data: shape(data) }
      const said = { mode, form, ids: [id] }
      try {
        const { body } = await emit(new CloudEvent(event), { headers })
        console.log(JSON.stringify({ ...said, seen: body }))
      } catch (error) {
        console.log(JSON.stringify({ ...said, unsent: String(error) }))
      }
    }
  }
}
