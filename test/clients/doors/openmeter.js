import { OpenMeter } from '@openmeter/sdk'

export async function send({ url, key, steps, see }) {
  const openmeter = new OpenMeter({ baseUrl: url, apiKey: key })
  for (let at = 0; at < steps.length; at += 100) {
    const events = steps.slice(at, at + 100).map(({ id, time, data }) => ({
      ...{ id, time: new Date(time), data, source: 'shop', type: 'com.example.step', subject: data.client },
    }))
    see(JSON.stringify(await openmeter.events.ingest(events)))
  }
}
