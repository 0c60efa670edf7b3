import { AnalyticsBrowser } from '@segment/analytics-next'

/** What a page does with analytics.js: its `apiHost` has the key of pages in its path. */
window.start = async ({ host, key, steps }) => {
  const settings = { apiHost: `${host}/v1/segment/${key}`, protocol: 'http' }
  const [analytics] = await AnalyticsBrowser.load({
    writeKey: key,
    cdnSettings: { integrations: { 'Segment.io': settings } },
  })
  window.track = ({ id, data }) => analytics.track('Step Taken', data, {}, () => undefined)?.then(() => id)
  for (const step of steps) void window.track(step)
}
