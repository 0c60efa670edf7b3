import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Platform, startPlatform } from '../../../local/platform.ts'
import { readSettings } from '../../../local/settings.ts'
import { BATCH, flight, SINGLE } from '../test-platform.ts'

let platform: Platform
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-expensive-'))
  const environment = {
    TRIBUTARY_DATA: folder,
    TRIBUTARY_WAREHOUSE: 'off',
    TRIBUTARY_KEYS: 'admin:k',
    PORT: '0',
  }
  platform = await startPlatform(readSettings(environment), pino({ level: 'silent' }), error => {
    throw error
  })
  await platform.ready
}, 60_000)
afterAll(async () => {
  await platform.close()
  await rm(folder, { recursive: true, force: true })
})

const send = async (body: string | Buffer, headers: Record<string, string>) => {
  const init = { method: 'POST', body, headers: { ...headers, authorization: 'Bearer k' } }
  return (await fetch(`${platform.url}/v1/events`, init)).status
}
const MB = 1024 * 1024
const event = (id: string, note: string) =>
  JSON.stringify(flight(id)).replace('"delay"', `"note":${note},"delay"`)
const many = (n: number, one: (i: number) => string) => Array.from({ length: n }, (_, i) => one(i)).join(',')

/** The texts up to the limit of a body that take longest to read, by measurement. */
const expensive: Readonly<Record<string, () => string>> = {
  'one integer': () => event('x1', '7'.repeat(9.9 * MB)),
  'long integers': () => event('x2', `[${'12345678901234567,'.repeat(550_000)}1]`),
  'nested arrays': () => event('x3', `${'['.repeat(4.9 * MB)}${']'.repeat(4.9 * MB)}`),
  'many keys': () => event('x4', `{${many(700_000, i => `"k${i}":1`)}}`),
  'keys that are numbers': () => event('x5', `{${many(550_000, i => `"${4294967294 - i * 7}":1`)}}`),
  'many empty objects': () => `[${many(3_300_000, () => '{}')}]`,
  'long fractions': () => event('x6', `0.${'7'.repeat(9.9 * MB)}`),
  'ten thousand rejected events': () =>
    `[${many(10_000, i => event(`x7-${i}`, `"${'x'.repeat(800)}"`).replace(/"delay":\d+/, '"delay":"late"'))}]`,
}

describe('while the most expensive requests are read', () => {
  test('health and a small request are answered within a second', async () => {
    // Written beforehand: the sender lives in the thread that is measured.
    const bodies = Object.values(expensive).map(make => Buffer.from(make()))
    for (const body of bodies) expect(body.length).toBeLessThanOrEqual(10 * MB)
    const lane = async (all: readonly Buffer[]) => {
      const statuses: number[] = []
      for (const body of all) statuses.push(await send(body, body[0] === 0x5b ? BATCH : SINGLE))
      return statuses
    }
    const answers = Promise.all([lane(bodies.slice(0, 4)), lane(bodies.slice(4))])
    let isOver = false
    void answers.finally(() => {
      isOver = true
    })
    const times: number[] = []
    for (let i = 0; !isOver; i++) {
      const begun = performance.now()
      const health = fetch(`${platform.url}/v1/health`).then(answer => answer.status)
      expect(await Promise.all([health, send(JSON.stringify(flight(`small-${i}`)), SINGLE)])).toEqual([
        200, 202,
      ])
      times.push(performance.now() - begun)
    }
    expect(Math.max(...times)).toBeLessThan(1000)
    // Each is judged, and refused or accepted for what it is.
    for (const status of (await answers).flat()) expect([202, 413, 422]).toContain(status)
  }, 60_000)
})

test('one event that is nested deeply is rejected alone, in small and large batches', async () => {
  const deep = event('deep', `${'['.repeat(20_000)}${']'.repeat(20_000)}`)
  const long = event('long', '12345678901234567')
  for (const filler of [10, 4000]) {
    const others = many(filler, i => JSON.stringify(flight(`beside-${filler}-${i}`)))
    const init = {
      method: 'POST',
      body: `[${deep},${long},${others}]`,
      headers: { ...BATCH, authorization: 'Bearer k' },
    }
    const answer = await fetch(`${platform.url}/v1/events`, init)
    expect([answer.status, await answer.json()]).toMatchObject([
      202,
      { accepted: filler, rejected: [{ id: 'deep', code: 'too_deep' }, { id: 'long' }] },
    ])
  }
})

test('more large requests at once than may wait are answered 503 with when and what to send again', async () => {
  const large = (n: number) => `[${many(1500, i => JSON.stringify(flight(`large-${n}-${i}`)))}]`
  const bodies = Array.from({ length: 60 }, (_, n) => large(n))
  const init = { method: 'POST', headers: { ...BATCH, authorization: 'Bearer k' } }
  const post = (body: string) => fetch(`${platform.url}/v1/events`, { ...init, body })
  const slow = post(`[${event('slow', `0.${'7'.repeat(9.9 * MB)}`)}]`)
  const answers = await Promise.all(bodies.map(post))
  await slow
  const refused = answers.filter(({ status }) => status === 503)
  expect(refused.length).toBeGreaterThan(0)
  const [first] = refused
  const ids = (JSON.parse(bodies[answers.indexOf(first!)]!) as { id: string }[]).map(({ id }) => id)
  expect(await first!.json()).toMatchObject({
    ...{ code: 'overloaded', accepted: 0, rejected: [] },
    retry: ids.map((id, index) => ({ index, id })),
  })
  for (const { status, headers } of answers)
    expect([status, headers.get('retry-after')]).toEqual(status === 503 ? [503, '5'] : [202, null])
  for (const [n, { status }] of answers.entries())
    if (status === 503) expect((await post(bodies[n]!)).status).toBe(202)
}, 60_000)
