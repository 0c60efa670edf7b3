import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { typescriptTypes } from '../../../core/clients/typescript.ts'
import { compilePipeline } from '../../../core/declare/pipeline.ts'
import { runCommand } from '../../../local/cli/program.ts'
import type * as Runtime from '../../../local/cli/typed-client/typescript.ts'
import { writtenContracts } from '../../language/contracts.ts'
import { declaredOf } from '../../language/declared-of.ts'
import { FOLDER, type Platform, startPlatform } from '../test-platform.ts'

const ROOT = join(import.meta.dirname, '../../..')
const exec = promisify(execFile)

let folder: string
let platform: Platform
/** Made of the sample pipeline, as its users import it. */
let made: typeof Runtime

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-client-'))
  platform = await startPlatform()
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  expect(await tributary('client', '--out', join(folder, 'tributary.ts'), '--pipeline', FOLDER)).toBe(0)
  made = (await import(join(folder, 'tributary.ts'))) as typeof Runtime
})
afterAll(async () => {
  await platform.close()
  await rm(folder, { recursive: true })
})

let said = ''
function tributary(...args: string[]) {
  said = ''
  const write = (text: string) => {
    said += text
    return true
  }
  const output = { write } as never
  const signal = new AbortController().signal
  return runCommand(args, { input: process.stdin, output, errors: output, variables: {}, signal })
}

/** What the compiler has against a file, line by line. */
async function faultsOf(text: string): Promise<readonly string[]> {
  const file = join(folder, 'use.ts')
  await writeFile(file, text)
  const options = '--noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --target esnext'
  const modules = '--module nodenext --moduleResolution nodenext --allowImportingTsExtensions --types node'
  const tsc = join(ROOT, 'node_modules/.bin/tsc')
  return exec(tsc, [...`${options} ${modules} --skipLibCheck`.split(' '), file], { cwd: folder }).then(
    () => [],
    (error: { readonly stdout: string }) => error.stdout.split('\n').filter(line => line.includes('error')),
  )
}

const flight = { origin: 'LAS', destination: 'PHX', distance: 255, delay: 4 }
const FLIGHT = 'com.tributary.flight'
const NOTHING = { accepted: 0, rejected: [], conflicting: [], unseen: [], undeclared: {}, late: 0 }

describe('a client made of the declarations', () => {
  test('compiles where it is used as they say, and nowhere else', async () => {
    // Where no error follows, `@ts-expect-error` is one.
    const faults = await faultsOf(`
      import { createTributary } from './tributary.ts'
      const { send, query } = createTributary({ url: 'http://127.0.0.1:1', key: 'k', source: '/shop' })
      const data = { origin: 'LAS', destination: 'PHX', distance: 255, delay: 4 }
      await send({ type: '${FLIGHT}', data, time: new Date() })
      await send([{ type: '${FLIGHT}', data, id: 'a', subject: 's', time: '2026-01-01T00:00:00Z' }])
      // @ts-expect-error a type that is not declared
      await send({ type: 'com.tributary.fligth', data })
      // @ts-expect-error a field of another kind
      await send({ type: '${FLIGHT}', data: { ...data, distance: '255' } })
      // @ts-expect-error a field that is missing
      await send({ type: '${FLIGHT}', data: { origin: 'LAS', destination: 'PHX', distance: 255 } })
      // @ts-expect-error a name that is not declared
      await send({ type: '${FLIGHT}', data: { ...data, dealy: 4 } })
      // @ts-expect-error data of another type of event
      await send({ type: 'com.tributary.trip', data })
      const answer = await query('flights_daily', { by: ['origin'], where: { origin: ['LAS', 'PHX'] } })
      const flights: number = answer.rows[0]!.values.flights
      const origin: string | undefined = answer.rows[0]!.group.origin
      // @ts-expect-error a metric that is not declared
      await query('flights_dialy')
      // @ts-expect-error a field that it does not group by
      await query('flights_daily', { by: ['distance'] })
      // @ts-expect-error a field that it does not group by
      await query('flights_daily', { where: { distance: 7 } })
      // @ts-expect-error a measure that it has not
      answer.rows[0]!.values.flihgts
      export { flights, origin }
    `)
    expect(faults).toEqual([])
  })

  test('takes what the platform takes, whatever contracts say', async () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 1e6)
    const contracts = writtenContracts(40, seed)
    const pipeline = compilePipeline({
      contracts: contracts.map(({ declaration }, i) => ({ file: `contracts/${i}.json`, declaration })),
      metrics: contracts.map(({ metric }, i) => ({ file: `metrics/${i}.ts`, declaration: metric })),
      ...{ schedules: [], alerts: [], dashboards: [], sources: [] },
    } as never)
    const events = contracts.flatMap(({ declaration, values }) =>
      fc.sample(values, { seed, numRuns: 5 }).map(data => ({ type: declaration.type, data })),
    )
    const lines = events.map(
      ({ type, data }, i) =>
        `const data${i} = ${JSON.stringify(declaredOf(pipeline.latest.get(type)!.data, data))} as const\nexport const event${i}: Events[${JSON.stringify(type)}] = data${i}`,
    )
    expect({ seed, faults: await faultsOf([typescriptTypes(pipeline), ...lines].join('\n')) }).toEqual({
      seed,
      faults: [],
    })
  })

  test('sends events, and names those that were rejected by their place', async () => {
    const { send } = made.createTributary({ url: platform.url, key: 'w', source: '/shop' })
    const sent = await send([
      { type: FLIGHT, data: flight },
      { type: FLIGHT, data: { ...flight, distance: 'far' }, id: 'broken' },
    ])
    expect(sent).toEqual({
      ...NOTHING,
      accepted: 1,
      rejected: [{ index: 1, id: 'broken', code: 'schema_violation', detail: expect.any(String) }],
    })
    expect(await send({ type: FLIGHT, data: {} })).toMatchObject({ accepted: 0, rejected: [{ index: 0 }] })
    expect(await send([])).toEqual(NOTHING)
  })

  test('says what is strange about events that were taken', async () => {
    const { send } = made.createTributary({ url: platform.url, key: 'w', source: '/told' })
    const event = (id: string, sequence: number, more: object = {}) =>
      ({ type: FLIGHT, id, time: '2001-01-01T00:00:00Z', sequence, data: { ...flight, ...more } }) as const
    await send([event('told-1', 1), event('told-2', 2)])
    expect(await send([event('told-5', 5), event('told-1', 1, { delay: 5, gate: 'A1' })])).toMatchObject({
      accepted: 2,
      conflicting: [{ index: 1, id: 'told-1', earlier: expect.any(String) }],
      unseen: [{ source: '/told', from: 3, to: 4 }],
      undeclared: { [FLIGHT]: ['gate'] },
    })
  })

  test('sends again what is refused for now, and what nobody knows of, under the same ids', async () => {
    const refused = { kind: 'refused', reason: 'full', retryAfterSeconds: 1 } as const
    // Both flights are in one record.
    platform.refusals.push([refused])
    const asked: string[][] = []
    let broken = 1
    const { send } = made.createTributary({
      ...{ url: platform.url, key: 'w', source: '/shop' },
      fetch: async (input, init) => {
        asked.push((JSON.parse(String(init!.body)) as { id: string }[]).map(({ id }) => id))
        if (broken-- > 0) throw new TypeError('fetch failed')
        return fetch(input, init)
      },
    })
    const sent = await send([
      { type: FLIGHT, data: {}, id: 'bad' },
      { type: FLIGHT, data: flight, id: 'a' },
      { type: FLIGHT, data: flight, id: 'b' },
    ])
    expect(sent).toMatchObject({ accepted: 2, rejected: [{ index: 0, id: 'bad' }] })
    expect(asked).toHaveLength(3)
    expect(asked[1]).toEqual(asked[0])
    expect(asked[2]).toEqual(['a', 'b'])
  })

  test('gives up after so many tries, and says which events are not known to be stored', async () => {
    const { send } = made.createTributary({
      ...{ url: 'http://127.0.0.1:9', key: 'w', source: '/shop', tries: 1 },
    })
    const failure = await send([
      { type: FLIGHT, data: flight },
      { type: FLIGHT, data: flight },
    ]).catch((error: unknown) => error)
    expect(failure).toMatchObject({ name: 'TributaryClientError', unsent: [0, 1] })
  })

  test('says why a key or a question is refused, in the words of the platform', async () => {
    const { send, query } = made.createTributary({ url: platform.url, key: 'r', source: '/shop' })
    await expect(send({ type: FLIGHT, data: flight })).rejects.toMatchObject({ status: 403, unsent: [0] })
    await expect(query('flights_dialy')).rejects.toMatchObject({ status: 404, code: 'not_found' })
  })

  test('asks for numbers, by window, range and group', async () => {
    const { query } = made.createTributary({ url: platform.url, key: 'r', source: '/shop' })
    const answer = await query('flights_daily', {
      ...{ from: new Date('2001-01-01'), to: '2001-02-01T00:00:00Z', window: 'month', by: [] },
      where: { origin: ['LAS', 'PHX'] },
    })
    expect(answer).toMatchObject({ metric: 'flights_daily', window: 'month' })
    expect(platform.queries.at(-1)).toMatchObject({ from: Date.UTC(2001, 0), by: [], window: 'month' })
  })

  test('is made for languages that are known, and says which', async () => {
    expect(await tributary('client', '--out', join(folder, 'tributary.rb'))).toBe(2)
    expect(said).toMatch(/\.py or \.ts/)
  })
})
