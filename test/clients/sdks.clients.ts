import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PlatformProcess, startPlatformProcess } from '../../bench/platform-process.ts'
import { BROKEN, SDK_EVENTS } from './sdk-events.ts'
import { type Said, SENDERS, send } from './senders.ts'

/**
 * The official SDKs of CloudEvents, unmodified, against a whole platform: what each sends in each of its
 * modes arrives once and as it was, or its user is told why not.
 */

let folder: string
let platform: PlatformProcess

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clients-'))
  platform = await startPlatformProcess({ TRIBUTARY_PIPELINE: join(import.meta.dirname, 'pipeline') })
})
afterAll(async () => {
  await platform?.stop()
  platform?.dispose()
  await rm(folder, { recursive: true, force: true })
})

type Event = Readonly<Record<string, unknown>>

/** Every event of the raw lake by id, as often as it is there. */
async function rawEvents(): Promise<ReadonlyMap<string, readonly Event[]>> {
  const lake = join(platform.data, 'lake', 'raw')
  const names = await readdir(lake, { recursive: true }).catch(() => [])
  const texts = await Promise.all(
    names.filter(name => name.endsWith('.ndjson')).map(name => readFile(join(lake, name), 'utf8')),
  )
  const events = texts.flatMap(text => text.split('\n').filter(line => line !== ''))
  return Map.groupBy(
    events.map(line => JSON.parse(line) as Event),
    event => String(event['id']),
  )
}

async function rawEventsWith(ids: readonly string[]): ReturnType<typeof rawEvents> {
  for (let tries = 0; ; tries++) {
    const events = await rawEvents()
    if (ids.every(id => events.has(id)) || tries > 100) return events
    await sleep(200)
  }
}

/** What an SDK may not alter: everything that was set, text or number alike in a header. */
function essenceOf(event: Event, sent: (typeof SDK_EVENTS)[number]): unknown {
  return {
    ...{ source: event['source'], type: event['type'], subject: event['subject'], data: event['data'] },
    time: Date.parse(String(event['time'])),
    extensions: Object.fromEntries(
      Object.keys(sent.extensions).map(name => [name, String(event[name] ?? 'missing')]),
    ),
  }
}

/** Extensions stand beside the attributes. */
const flat = ({ extensions, ...event }: (typeof SDK_EVENTS)[number]): Event => ({ ...event, ...extensions })

const sentAs = (id: string) => SDK_EVENTS.find(event => event.id === id.split('@')[0])!

/** What an SDK does not put into a request at all; its own user sees why. Python's has an older interface. */
const UNSENT: Readonly<Record<keyof typeof SENDERS, RegExp>> = {
  javascript: /^ünï\S* binary/,
  python: /^(ünï|full)\S* older binary/,
  go: /^$/,
  java: /^ünï\S* binary/,
}

/** Forms of data that are no JSON object once an SDK has written them: a text of JSON, and plain text. */
const NO_OBJECT: Readonly<Record<keyof typeof SENDERS, RegExp>> = {
  javascript: /(structured text|plain)$/,
  python: /(structured text|older binary text|plain)$/,
  go: /(text|plain)$/,
  java: /plain$/,
}

/**
 * Where an SDK does not encode a percent sign in a header, as the HTTP binding (1.0.2, 3.1.3.2) wants it,
 * what comes after is read as the binding says.
 */
const NOT_ENCODED: Readonly<Record<keyof typeof SENDERS, RegExp>> = {
  javascript: /^uri\S* binary/,
  python: /^uri\S* older binary/,
  go: /^uri\S* binary/,
  java: /^uri\S* binary/,
}

type Rejection = { readonly id: string; readonly code: string; readonly detail: string }

/** The reason that the user of an SDK reads for an event. */
function reasonOf({ seen = '' }: Said, id: string): string | undefined {
  const at = seen.indexOf('{')
  const body = at < 0 ? {} : (JSON.parse(seen.slice(at)) as { detail?: string; rejected?: Rejection[] })
  const own = body.rejected?.find(one => one.id === id)
  return own?.detail ?? (body.rejected === undefined ? body.detail : undefined)
}

let accepted = 0

describe.each(Object.keys(SENDERS) as (keyof typeof SENDERS)[])('the SDK of %s', name => {
  let sent: readonly (readonly [id: string, said: Said])[] = []
  let missing: string | undefined
  beforeAll(async () => {
    const url = `http://127.0.0.1:${platform.port}/v1/events`
    const events = join(folder, `${name}.json`)
    await writeFile(events, JSON.stringify(SDK_EVENTS.map(one => ({ ...one, id: `${one.id}@${name}` }))))
    const said = await send(name, { URL: url, KEY: platform.key, EVENTS: events })
    if ('missing' in said) missing = said.missing
    else sent = said.flatMap(one => one.ids.map(id => [id, one] as const))
  })
  const isRefused = (id: string) => id.startsWith(BROKEN) || NO_OBJECT[name].test(id)
  const isSent = (id: string) => !UNSENT[name].test(id)

  test('sends every event in every mode but what it cannot write itself', context => {
    context.skip(missing !== undefined, missing)
    expect(new Set(sent.map(([id]) => id)).size).toBe(sent.length)
    expect(sent.length).toBeGreaterThan(SDK_EVENTS.length * 3)
    for (const [id, { unsent }] of sent) expect([id, unsent === undefined]).toEqual([id, isSent(id)])
  })

  test('gets every event in once, and none altered', async context => {
    context.skip(missing !== undefined, missing)
    const ids = sent.map(([id]) => id).filter(id => isSent(id) && !isRefused(id))
    const raw = await rawEventsWith(ids)
    for (const id of ids) {
      const [event, ...more] = raw.get(id) ?? []
      expect([id, more]).toEqual([id, []])
      const right = flat(sentAs(id))
      const source = decodeURI(String(right['source']))
      const read = NOT_ENCODED[name].test(id) ? { ...right, source } : right
      expect([id, essenceOf(event ?? {}, sentAs(id))]).toEqual([id, essenceOf(read, sentAs(id))])
    }
    accepted += ids.length
  })

  test('shows its user why an event was rejected', async context => {
    context.skip(missing !== undefined, missing)
    const raw = await rawEvents()
    for (const [id, said] of sent.filter(([id]) => isSent(id) && isRefused(id))) {
      const right = id.endsWith('plain')
        ? 'text/plain'
        : NO_OBJECT[name].test(id)
          ? 'must be object'
          : '/data/author'
      expect([id, reasonOf(said, id)]).toEqual([id, expect.stringContaining(right)])
      expect([id, raw.has(id)]).toEqual([id, false])
    }
  })
})

test('the platform counts every accepted event of all SDKs once', async () => {
  type Answer = { readonly rows: readonly { readonly values: { readonly n: number } }[] }
  const counted = async () => {
    const { rows } = await platform.get<Answer>('/v1/metrics/notes?by=')
    return rows.reduce((sum, { values }) => sum + values.n, 0)
  }
  for (let tries = 0; tries < 100 && (await counted()) < accepted; tries++) await sleep(100)
  expect(await counted()).toBe(accepted)
})
