import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRandom } from '../exactness/faulty-ports.ts'
import { type Attempt, createAttempts, KINDS } from './widen/attempts.ts'
import { doorCalls, HOOK_SECRET, signedHook } from './widen/doors.ts'
import { type Narrow, OWN, startNarrow } from './widen/narrow-world.ts'
import { parquetText } from './widen/parquet-text.ts'
import { type Given, widened } from './widen/verdict.ts'

/** WIDEN_ATTEMPTS: how many, 10,000 in `npm run soak`; WIDEN_SEED repeats a report's. */
const ATTEMPTS = Number(process.env['WIDEN_ATTEMPTS'] ?? 150)
/** Statements take a process each, and find nothing before a batch has published: those are for long runs. */
const IS_LONG = ATTEMPTS >= 1000
const kinds = KINDS.filter(kind => IS_LONG || kind !== 'sql')
const SEED = Number(process.env['WIDEN_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

let world: Narrow
beforeAll(async () => {
  world = await startNarrow(IS_LONG)
}, 60_000)
afterAll(() => world?.close())

/** A refusal may end the connection, which the next calls then find closed, as many as are kept open. */
async function make(attempt: Attempt): Promise<Given> {
  for (let tries = 0; tries < 5; tries++) {
    const given = await call(attempt).catch(() => undefined)
    if (given !== undefined) return given
  }
  return call(attempt)
}

async function call({ path, method = 'GET', headers, body }: Attempt): Promise<Given> {
  const answer = await fetch(`http://127.0.0.1:${world.platform.port}${path}`, {
    ...{ method, headers, signal: AbortSignal.timeout(60_000), redirect: 'manual' },
    ...(body !== undefined && { body }),
  })
  const type = answer.headers.get('content-type') ?? ''
  if (type.includes('parquet'))
    return { status: answer.status, text: await parquetText(new Uint8Array(await answer.arrayBuffer())) }
  if (!type.startsWith('text/event-stream')) return { status: answer.status, text: await answer.text() }
  return { status: answer.status, text: await firstEvent(answer) }
}

/** What a stream begins with: the whole answer. */
async function firstEvent(answer: Response): Promise<string> {
  let text = ''
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    if (/^data: .*\n\n/m.test(text)) break
  }
  return text
}

test(
  `${ATTEMPTS} attempts to see more than a key or a token may show nothing more (seed ${SEED})`,
  async () => {
    const random = createRandom(SEED)
    const callers = [() => world.key, () => world.mint(), () => world.mint({ 'tributary/rate': 1000 })]
    const attempts = createAttempts(world, random, () => callers[Math.floor(random() * callers.length)]!())
    const answers = new Map<string, number>()
    for (let i = 0; i < ATTEMPTS; i++) {
      const attempt = attempts(kinds[i % kinds.length]!)
      const given = await make(attempt)
      const found = widened(attempt, given, world.trips)
      expect(found && [i, SEED, found, attempt, given.text.slice(0, 1000)]).toBeUndefined()
      const name = `${attempt.kind} ${given.status}`
      answers.set(name, (answers.get(name) ?? 0) + 1)
    }
    if (IS_LONG) console.log(Object.fromEntries([...answers].toSorted()))
    // What it may see it is shown: refusing everything would be no proof.
    for (const name of ['query 200', 'several 200', 'stream 200', 'forgery 401'])
      expect(answers.get(name)).toBeGreaterThan(0)
  },
  60_000 + ATTEMPTS * 1000,
)

test('own rows are there, in every way to ask; and the check finds more where an admin asks the same', async () => {
  const asked: readonly (Omit<Attempt, 'headers'> & { readonly accept?: string })[] = [
    {
      ...{ kind: 'parquet', accept: 'application/vnd.apache.parquet' },
      path: '/v1/metrics/trips_hourly?by=&window=day',
    },
    { kind: 'query', path: '/v1/metrics/trips_hourly?by=&window=day' },
    { kind: 'several', path: '/v1/query?metrics=trips_hourly&by=&window=day' },
    { kind: 'stream', path: '/v1/metrics/trips_hourly/stream?by=&window=day' },
    { kind: 'explain', path: '/v1/metrics/trips_hourly/explain?by=&window=day&at=2026-03-01' },
    { kind: 'sql', path: '/v1/lake/query', method: 'POST', body: '{"sql":"FROM curated.trip"}' },
    {
      kind: 'sql',
      path: '/v1/lake/query',
      method: 'POST',
      body: '{"sql":"SELECT count(*), sum(minutes) FROM metric.trips_hourly"}',
    },
  ]
  const own = world.trips.filter(({ board }) => board === OWN)
  for (const one of asked.filter(({ kind }) => IS_LONG || kind !== 'sql')) {
    const headers = (key: string) => ({
      ...{ authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(one.accept !== undefined && { accept: one.accept }),
    })
    const mine = { ...one, headers: headers(world.mint()) }
    const given = await make(mine)
    expect([given.status, widened(mine, given, world.trips)], one.path).toEqual([200, undefined])
    if (one.kind !== 'sql') expect(given.text).toMatch(/"trips":12\b/)
    else expect(JSON.parse(given.text).rows.flat()).toContain(one.body?.includes('count') ? '12' : own[0]!.id)
    const all = { ...one, headers: headers(world.platform.key) }
    expect(widened(all, await make(all), world.trips), one.path).toEqual(expect.any(String))
  }
})

test('doors and webhooks let in who may: what was tried by them is refused for its key or signature', async () => {
  const kind = 'door'
  for (const one of doorCalls(world.platform.key).filter(({ headers }) => 'authorization' in headers))
    expect([one.path, (await make({ kind, ...one })).status]).toEqual([
      one.path,
      expect.toBeOneOf([200, 202, 422]),
    ])
  expect((await make({ kind: 'hook', ...signedHook(HOOK_SECRET) })).status).toBe(200)
})

/** All that a stream tells until it ends, and how long that took, ms. */
async function readToEnd(key: string, meanwhile: () => Promise<unknown>) {
  const answer = await fetch(`http://127.0.0.1:${world.platform.port}/v1/metrics/trips_hourly/stream?by=`, {
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(20_000),
  })
  await meanwhile()
  const from = performance.now()
  return { text: await answer.text(), ms: performance.now() - from }
}

test('streams end, and say why, within 5 s of the moment that their key is revoked or their token ends', async () => {
  const call = (method: string, path: string, body?: string) =>
    fetch(`http://127.0.0.1:${world.platform.port}${path}`, {
      ...{
        method,
        headers: { authorization: `Bearer ${world.platform.key}`, 'content-type': 'application/json' },
      },
      ...(body !== undefined && { body }),
    })
  const made = await call('POST', '/v1/keys', '{"name":"brief","scope":"read"}')
  const { secret } = (await made.json()) as { secret: string }
  const exp = Math.ceil(Date.now() / 1000) + 1
  const [byKey, byToken] = await Promise.all([
    readToEnd(secret, () => call('DELETE', '/v1/keys/brief')),
    readToEnd(world.mint({ exp }), async () => undefined),
  ])
  expect(byKey.text).toMatch(/event: end\ndata: .*unauthenticated.*the key is not known/s)
  expect(byToken.text).toMatch(/event: end\ndata: .*unauthenticated.*key token:portal\/2 has expired/s)
  expect(byKey.ms).toBeLessThan(5000)
  expect(Date.now() - exp * 1000).toBeLessThan(5000)
})
