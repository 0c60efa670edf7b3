import { createHmac } from 'node:crypto'
import type { Attempt } from './attempts.ts'

/** Calls of others' clients and of webhooks: whoever only reads gets nothing in by them. */

type Call = Omit<Attempt, 'kind'>

const JSON_TYPE = { 'content-type': 'application/json' }
const TIME = '2026-03-01T12:00:00Z'

const order = { type: 'track', event: 'Trip', messageId: 'widen', timestamp: TIME, properties: { board: 3 } }
const tracked = JSON.stringify({ batch: [order] })
const pairs = JSON.stringify({
  schema: 'iglu:x/payload_data/jsonschema/1-0-4',
  data: [{ e: 'se', eid: 'w' }],
})
const logs = JSON.stringify({
  resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'x' } }] }] }],
})
const basic = (key: string) => `Basic ${Buffer.from(`${key}:`).toString('base64')}`

/** A call of each door with a key in each of the places where its client may have one. */
export function doorCalls(key: string): readonly Call[] {
  const post = (path: string, body: string, headers: Readonly<Record<string, string>> = {}): Call => ({
    ...{ path, method: 'POST', body, headers: { ...JSON_TYPE, ...headers } },
  })
  const bearer = { authorization: `Bearer ${key}` }
  const inPath = encodeURIComponent(key)
  return [
    post('/v1/batch', tracked, bearer),
    post('/v1/batch', tracked, { authorization: basic(key) }),
    post('/v1/track', JSON.stringify(order), { authorization: basic(key) }),
    post('/api/s/track', JSON.stringify(order), { 'x-write-key': `app:${key}` }),
    post('/api/s/s2s/track', JSON.stringify(order), bearer),
    post('/com.snowplowanalytics.snowplow/tp2', pairs, bearer),
    post('/v1/logs', logs, bearer),
    post('/api/v1/events', '[]', { ...bearer, 'content-type': 'application/cloudevents-batch+json' }),
    // Keys in an address are those of pages alone.
    post(`/v1/segment/${inPath}/t`, JSON.stringify(order)),
    post(`/com.snowplowanalytics.snowplow/tp2/${inPath}`, pairs),
    post(`/v1/beacon?key=${inPath}`, '[]'),
  ]
}

export const HOOK_SECRET = 'the secret of the webhook'
export const HOOK_SOURCE = `export default {
  name: 'payments',
  door: 'hook',
  signature: { scheme: 'github', secret: 'WIDEN_HOOK_SECRET' },
  rules: [{ ignore: true }],
}
`
const HOOK_BODY = '{"paid":1}'

export function signedHook(secret: string, signed = HOOK_BODY, more: object = {}): Call {
  const digest = createHmac('sha256', secret).update(signed).digest('hex')
  const headers = { ...JSON_TYPE, 'x-hub-signature-256': `sha256=${digest}`, ...more }
  return { path: '/v1/hooks/payments', method: 'POST', body: HOOK_BODY, headers }
}

/** Calls of a webhook that its sender has not signed. */
export function forgedHooks(key: string): readonly Call[] {
  const right = signedHook(HOOK_SECRET)
  return [
    signedHook(key),
    signedHook(''),
    signedHook(`${HOOK_SECRET} `),
    signedHook(HOOK_SECRET, '{"paid":2}'),
    signedHook(HOOK_SECRET, ''),
    signedHook(key, HOOK_BODY, { authorization: `Bearer ${key}` }),
    { ...right, headers: { ...JSON_TYPE, authorization: `Bearer ${key}` } },
    { ...right, headers: { ...right.headers, 'x-hub-signature-256': 'sha256=' } },
    { ...right, headers: { ...right.headers, 'x-hub-signature-256': `sha1=${'0'.repeat(40)}` } },
    { ...right, body: '{"paid":1000}' },
    { ...right, path: '/v1/hooks/__proto__' },
    { ...right, path: '/v1/hooks/Payments' },
  ]
}
