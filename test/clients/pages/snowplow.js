import { newTracker, trackSelfDescribingEvent } from '@snowplow/browser-tracker'

/** What a page does with Snowplow's tracker: its `postPath` has the key of pages. Cookies are not sent. */
window.start = async ({ host, key, steps }) => {
  newTracker('sp', `http://${host}`, {
    ...{ appId: 'shop', credentials: 'omit', bufferSize: 10, eventMethod: 'post' },
    postPath: `/com.snowplowanalytics.snowplow/tp2/${key}`,
  })
  const schema = 'iglu:com.example/step/jsonschema/1-0-0'
  window.track = ({ data }) => trackSelfDescribingEvent({ event: { schema, data } })
  for (const step of steps) window.track(step)
}
