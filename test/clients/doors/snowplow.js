import { buildSelfDescribingEvent, buildStructEvent, newTracker } from '@snowplow/node-tracker'

const SCHEMA = 'iglu:com.example/step/jsonschema/1-0-0'

export async function send({ url, pageKey, steps, see }) {
  const { hostname, port } = new URL(url)
  let answered = 0
  let repeated = 0
  /** Trackers make the ids of events, so one comes twice where the network repeats a request. */
  const customFetch = async (input, init) => {
    const request = new Request(input, init)
    if (repeated++ < 3) await fetch(request.clone())
    const response = await fetch(request)
    // The tracker reads the body itself, and hands it to nobody.
    see(await response.clone().text())
    return response
  }
  const tracker = newTracker(
    { namespace: 'test', appId: 'shop', encodeBase64: true },
    {
      ...{ endpoint: hostname, port: Number(port), protocol: 'http', bufferSize: 20, customFetch },
      postPath: `/com.snowplowanalytics.snowplow/tp2/${pageKey}`,
      onRequestSuccess: batch => {
        answered += batch.length
      },
      onRequestFailure: failure => see(`error ${failure.status} ${failure.message}`),
    },
  )
  const once = [...new Map(steps.map(step => [step.id, step])).values()]
  for (const { data, time } of once) {
    const timestamp = { type: 'ttm', value: Date.parse(time) }
    const isStructured = data.n % 2 === 1
    const event = isStructured
      ? buildStructEvent({
          ...{ category: data.client, action: 'step' },
          label: String(data.n),
          value: data.price,
        })
      : buildSelfDescribingEvent({ event: { schema: SCHEMA, data } })
    tracker.track(event, [], timestamp)
  }
  tracker.flush()
  while (answered < once.length) await new Promise(resolve => setTimeout(resolve, 20))
}
