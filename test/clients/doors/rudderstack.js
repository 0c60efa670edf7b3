import { createRequire } from 'node:module'
import process from 'node:process'

const RudderAnalytics = createRequire(import.meta.url)('@rudderstack/rudder-sdk-node')

export async function send({ url, key, steps, see }) {
  process.on('unhandledRejection', error => see(`unhandled ${error}`))
  const client = new RudderAnalytics(key, { dataPlaneUrl: url, flushAt: 50, logLevel: 'none' })
  client.axiosInstance.interceptors.response.use(response => {
    see(JSON.stringify(response.data))
    return response
  })
  /** Called back when the event's batch was answered. */
  const sent = call =>
    new Promise(resolve => {
      call(error => {
        if (error) see(`error ${error.message}`)
        resolve()
      })
    })
  const all = steps.map(({ id, time, data }) => {
    const event = { event: 'Step Taken', messageId: id, timestamp: new Date(time), userId: 'u' }
    return sent(done => client.track({ ...event, properties: data }, done))
  })
  const last = sent(done => client.identify({ userId: 'u', traits: { plan: 'free' } }, done))
  client.flush()
  await Promise.all([...all, last])
}
