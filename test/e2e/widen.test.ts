import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRandom } from '../exactness/faulty-ports.ts'
import { type Attempt, createAttempts, KINDS } from './widen/attempts.ts'
import { type Narrow, OWN, startNarrow } from './widen/narrow-world.ts'
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

/** A refusal may end the connection, which the next call then finds closed. */
const make = (attempt: Attempt): Promise<Given> => call(attempt).catch(() => call(attempt))

async function call({ path, method = 'GET', headers, body }: Attempt): Promise<Given> {
  const answer = await fetch(`http://127.0.0.1:${world.platform.port}${path}`, {
    ...{ method, headers, signal: AbortSignal.timeout(60_000), redirect: 'manual' },
    ...(body !== undefined && { body }),
  })
  if (!answer.headers.get('content-type')?.startsWith('text/event-stream'))
    return { status: answer.status, text: await answer.text() }
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
  const asked: readonly Omit<Attempt, 'headers'>[] = [
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
    const headers = (key: string) => ({ authorization: `Bearer ${key}`, 'content-type': 'application/json' })
    const mine = { ...one, headers: headers(world.mint()) }
    const given = await make(mine)
    expect([given.status, widened(mine, given, world.trips)], one.path).toEqual([200, undefined])
    if (one.kind !== 'sql') expect(given.text).toMatch(/"trips":12\b/)
    else expect(JSON.parse(given.text).rows.flat()).toContain(one.body?.includes('count') ? '12' : own[0]!.id)
    const all = { ...one, headers: headers(world.platform.key) }
    expect(widened(all, await make(all), world.trips), one.path).toEqual(expect.any(String))
  }
})
