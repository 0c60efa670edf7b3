import { Analytics } from '@segment/analytics-node'

export async function send({ url, key, steps, see }) {
  /** The client's own place for whoever wants to look at answers. */
  const httpClient = {
    async makeRequest({ url: to, httpRequestTimeout: _, ...request }) {
      const response = await fetch(to, request)
      see(await response.clone().text())
      return response
    },
  }
  const analytics = new Analytics({ writeKey: key, host: url, flushAt: 50, httpClient })
  analytics.on('error', error => see(`error ${error.reason ?? error}`))
  for (const { id, time, data } of steps)
    analytics.track({
      ...{ event: 'Step Taken', messageId: id, timestamp: new Date(time), userId: 'u' },
      properties: data,
    })
  analytics.identify({ userId: 'u', traits: { plan: 'free' } })
  await analytics.closeAndFlush()
}
