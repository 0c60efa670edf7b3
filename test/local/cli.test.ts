import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadPipeline } from '../../drivers/pipeline/folder.ts'
import { runCommand } from '../../local/cli/program.ts'
import { requireReadable, settleDeclarations } from '../../local/declarations.ts'
import { FOLDER, flight, type Platform, pipeline, startPlatform } from './test-platform.ts'
import { sink } from './text-sink.ts'

let platform: Platform
let folder: string
beforeAll(async () => {
  platform = await startPlatform()
  folder = await mkdtemp(join(tmpdir(), 'tributary-cli-'))
})
afterAll(async () => {
  await platform.close()
  await rm(folder, { recursive: true })
})

/** Runs one command line against the platform. */
async function tributary(
  args: string,
  input = '',
  variables: Record<string, string> = {},
  signal?: AbortSignal,
) {
  const [output, errors] = [sink(), sink()]
  const code = await runCommand(args.split(' '), {
    variables: { TRIBUTARY_URL: platform.url, TRIBUTARY_KEY: 'a', TRIBUTARY_DATA: folder, ...variables },
    input: Readable.from([input]),
    output: output.stream,
    errors: errors.stream,
    signal: signal ?? new AbortController().signal,
  })
  return { code, output: output.text(), errors: errors.text() }
}

const pipelineMeasures = (name: string) => {
  const { measures } = pipeline.metrics.find(metric => metric.name === name)!
  return Object.fromEntries(measures.map(measure => [measure.name, 1]))
}

describe('send', () => {
  test('takes one event a line', async () => {
    const input = [flight('l1'), flight('l2')].map(one => JSON.stringify(one)).join('\n\n')
    expect(await tributary('send', input)).toMatchObject({
      code: 0,
      output: '2 sent, 2 accepted, 0 rejected\n',
    })
  })

  test('takes an array from a file, compressed, and answers in JSON', async () => {
    const file = join(folder, 'events.json')
    const events = Array.from({ length: 1201 }, (_, i) => flight(`array-${i}`))
    await writeFile(file, JSON.stringify(events, null, 2))
    const { code, output } = await tributary(`send ${file} --gzip --connections 3 --json`)
    expect([code, JSON.parse(output)]).toMatchObject([0, { sent: 1201, accepted: 1201, rejected: 0 }])
  })

  test('says which events were rejected and why, and fails', async () => {
    const input = `${JSON.stringify(flight('ok'))}\n${JSON.stringify(flight('bad', { data: {} }))}`
    const { code, output } = await tributary('send -', input)
    expect(code).toBe(1)
    expect(output).toMatch(/event 2 \(id bad\): schema_violation/)
  })

  test('passes long integers on as they are', async () => {
    const input = `[${JSON.stringify(flight('long')).replace('33', '9007199254740993')}]`
    expect((await tributary('send', input)).output).toMatch(/unsafe_integer/)
  })

  test('sends again only what was refused, and counts nothing twice', async () => {
    platform.refusals.push([{ kind: 'refused', reason: 'full', retryAfterSeconds: 1 }])
    const { code, output } = await tributary('send --json', JSON.stringify(flight('refused')))
    expect([code, JSON.parse(output)]).toMatchObject([0, { accepted: 1, retried: 1 }])
    expect(platform.events().filter(event => event.id === 'refused')).toHaveLength(1)
  })

  test('names the line that is not JSON', async () => {
    const { code, errors } = await tributary('send', `${JSON.stringify(flight('x'))}\n{oops`)
    expect([code, errors]).toEqual([1, expect.stringContaining('line 2 is not JSON')])
  })

  test('says when a file cannot be read, and what to give', async () => {
    const said = async (file: string) => (await tributary(`send ${file}`)).errors
    expect(await said('/nowhere.json')).toBe(
      'tributary: there is no file "/nowhere.json"; give a path, or - for standard input\n',
    )
    expect(await said(folder)).toMatch(/is a folder; give a file in it/)
  })

  test('leaves out a byte order mark at the beginning, of lines and of an array', async () => {
    const event = JSON.stringify(flight('bom'))
    expect((await tributary('send', `\uFEFF${event}\n`)).output).toMatch(/1 accepted/)
    expect((await tributary('send', `\uFEFF[${event}]`)).output).toMatch(/1 sent/)
  })

  test('rejects an event that is too large for any request, and sends the others', async () => {
    const huge = flight('huge', { data: { ...flight('x').data, note: 'x'.repeat(11_000_000) } })
    const input = [flight('h1'), huge, flight('h2')].map(one => JSON.stringify(one)).join('\n')
    const { code, output } = await tributary('send', input)
    expect([code, output]).toEqual([1, expect.stringMatching(/2 accepted, 1 rejected/)])
    expect(output).toMatch(/event 2 \(id huge\): too_large/)
  })

  test('sends again what a gateway answered 502 or 504, and halves what is too large for it', async () => {
    const bodies: string[][] = []
    const gateway = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const ids = (JSON.parse(Buffer.concat(chunks).toString()) as { id: string }[]).map(({ id }) => id)
        bodies.push(ids)
        const status = bodies.length === 1 ? 502 : ids.length > 1 || ids[0] === 'g2' ? 413 : 202
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(status === 202 ? JSON.stringify({ accepted: ids.length, rejected: [] }) : '{}')
      })
    })
    await new Promise<void>(resolve => gateway.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`
    const input = ['g0', 'g1', 'g2', 'g3'].map(id => JSON.stringify(flight(id))).join('\n')
    const { output } = await tributary(`send --url ${url}`, input)
    expect(output).toMatch(/^4 sent, 3 accepted, 1 rejected\n {2}event 3 \(id g2\): too_large/)
    expect(bodies[0]).toEqual(bodies[1])
    gateway.closeAllConnections()
    gateway.close()
  })

  test('goes on where somebody before the platform answers pages of its own, and says that it waits', async () => {
    const answers = [500, 520, 503, 429].map(status => [status, '<html>\u001b[2J</html>'] as const)
    const { url, bodies, close } = await scripted([...answers, [202, '{"accepted":2,"rejected":[]}']])
    const input = ['p0', 'p1'].map(id => JSON.stringify(flight(id))).join('\n')
    const outcome = await tributary(`send --url ${url}`, input)
    expect(outcome).toMatchObject({ code: 0, output: '2 sent, 2 accepted, 0 rejected\n' })
    expect(outcome.errors).toMatch(
      /^the platform answered 500: HTTP status 500, without a reason; sending again\n/,
    )
    expect(new Set(bodies)).toEqual(new Set([`[${input.replace('\n', ',')}]`]))
    close()
  }, 60_000)

  test('ends, and says how far it came, at what no wait mends, and at an answer of no platform', async () => {
    const internal = JSON.stringify({ code: 'corrupt_data', detail: 'broken\u001b]0;x\u0007\nsecond line' })
    const taken = [202, '{"accepted":500,"rejected":[]}'] as const
    const input = Array.from({ length: 501 }, (_, i) => JSON.stringify(flight(`e${i}`))).join('\n')
    for (const [answer, said] of [
      [[500, internal], 'the platform answered 500: broken\\u001b]0;x\\u0007\\u000asecond line; not all was'],
      [[202, 'welcome to our wifi'], 'HTTP status 202, and nothing of what a platform answers; check --url'],
      [[200, '{}'], 'HTTP status 200, and nothing of what a platform answers; check --url'],
      [[301, ''], 'points to https://elsewhere.example/; change --url'],
      [[403, '{"message":"Forbidden"}'], 'Forbidden; give another with --key'],
    ] as const) {
      const { url, close } = await scripted([taken, answer])
      const { code, output, errors } = await tributary(`send --url ${url}`, input)
      expect([code === 0, output]).toEqual([false, '500 sent, 500 accepted, 0 rejected\n'])
      expect(errors).toContain(said)
      expect(errors).toContain('send all of it again')
      close()
    }
  })

  test('says what the platform tells of events that it took, by their places in the input', async () => {
    const receipt = (n: number) => `1763720000123-k3x9a0-000000${n}-000`
    const { url, close } = await scripted([
      [503, JSON.stringify({ accepted: 1, rejected: [], retry: [{ index: 1 }, { index: 2 }] })],
      [
        202,
        JSON.stringify({
          ...{ accepted: 2, rejected: [], late: { events: 2, before: '2026-01-01T00:00:00Z' } },
          conflicting: [{ index: 1, id: 'i2', receipt: receipt(2), earlier: receipt(1) }],
          unseen: [{ source: '/test', from: 3, to: 7, since: '2026-01-02T00:00:00Z' }],
          undeclared: [{ type: 'com.tributary.flight', fields: ['gate'] }],
        }),
      ],
    ])
    const input = ['i0', 'i1', 'i2'].map(id => JSON.stringify(flight(id))).join('\n')
    const { code, output } = await tributary(`send --url ${url}`, input)
    expect(code).toBe(0)
    expect(output.split('\n').slice(0, -1)).toEqual([
      '3 sent, 3 accepted, 0 rejected',
      '1 came before with other content; of equal ids the first counts',
      `  event 3 (id i2): ${receipt(2)}, before ${receipt(1)}`,
      '/test: numbers 3 to 7 were not seen so far, since 2026-01-02T00:00:00Z',
      'com.tributary.flight: its contract does not name gate',
      '2 happened before 2026-01-01T00:00:00Z: sent at that time, too, they count again',
    ])
    close()
  })

  test('names the events that were rejected by their own ids and places, also when sent again in parts', async () => {
    const reject = (index: number, id: string) => ({ index, id, code: 'schema_violation', detail: 'no' })
    const { url, bodies, close } = await scripted([
      [
        503,
        JSON.stringify({ accepted: 1, rejected: [reject(1, 'i1')], retry: [{ index: 2 }, { index: 3 }] }),
      ],
      [413, '<html>'],
      [202, JSON.stringify({ accepted: 0, rejected: [reject(0, 'i2')] })],
      [503, JSON.stringify({ retry: [{ index: 7 }, { index: 0 }, null], rejected: 'many' })],
      [202, JSON.stringify({ accepted: 0, rejected: [reject(0, 'i3'), reject(9, 'none')] })],
    ])
    const input = ['i0', 'i1', 'i2', 'i3'].map(id => JSON.stringify(flight(id))).join('\n')
    const { output } = await tributary(`send --url ${url}`, input)
    expect(output.split('\n').slice(0, -1)).toEqual([
      '4 sent, 1 accepted, 3 rejected',
      ...['i1', 'i2', 'i3'].map((id, i) => `  event ${i + 2} (id ${id}): schema_violation: no`),
    ])
    const sent = bodies.map(body => (JSON.parse(body) as { id: string }[]).map(({ id }) => id))
    expect(sent).toEqual([['i0', 'i1', 'i2', 'i3'], ['i2', 'i3'], ['i2'], ['i3'], ['i3']])
    close()
  })

  test('reads a compressed file, whatever the letters of its ending, and a pipe', async () => {
    const lines = ['z1', 'z2'].map(id => JSON.stringify(flight(id))).join('\n')
    for (const name of ['a.ndjson.gz', 'b.NDJSON.GZ']) {
      await writeFile(join(folder, name), gzipSync(lines))
      expect((await tributary(`send ${join(folder, name)}`)).output).toMatch(/^2 sent, 2 accepted/)
    }
    await writeFile(join(folder, 'c.gz'), lines)
    expect((await tributary(`send ${join(folder, 'c.gz')}`)).errors).toMatch(/no whole gzip file/)
    const fifo = join(folder, 'fifo')
    await promisify(execFile)('mkfifo', [fifo])
    const [{ output }] = await Promise.all([tributary(`send ${fifo}`), writeFile(fifo, lines)])
    expect(output).toMatch(/^2 sent, 2 accepted/)
  })

  test('says what is wrong with an address or key that nothing can be sent with, showing neither', async () => {
    const said = async (args: string, variables = {}) => (await tributary(args, '', variables)).errors
    expect(await said('health --url http://me:hunter2@127.0.0.1')).toMatch(
      /^(?!.*hunter2).*give the key by --key/,
    )
    expect(await said('health --url ftp://127.0.0.1')).toMatch(/is no address; give --url such as/)
    expect(await said('health', { TRIBUTARY_KEY: 'hunter2\u00e4' })).toMatch(
      /^(?!.*hunter2).*no header carries/,
    )
  })

  test('shows control characters of data as escapes, which a terminal does not obey', async () => {
    const input = JSON.stringify(flight('\u001b[2J\u009b1m\u202e', { data: {} }))
    const { output } = await tributary('send', input)
    expect(output).toContain('id \\u001b[2J\\u009b1m\\u202e')
  })

  test('stops clean when it is interrupted while it waits', async () => {
    const stop = new AbortController()
    const bodies: string[] = []
    const busy = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        bodies.push(gunzipSync(Buffer.concat(chunks)).toString())
        response.writeHead(503, { 'retry-after': '60' }).end()
        stop.abort()
      })
    })
    await new Promise<void>(resolve => busy.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(busy.address() as AddressInfo).port}`
    const outcome = await tributary(`send --gzip --url ${url}`, JSON.stringify(flight('i')), {}, stop.signal)
    expect([outcome.code, bodies.length]).toEqual([1, 1])
    expect(outcome.errors).not.toContain('internal')
    busy.closeAllConnections()
    busy.close()
  })
})

/** A server with one answer after the other, and the bodies it was sent. */
async function scripted(answers: readonly (readonly [status: number, body: string])[]) {
  const left = [...answers]
  const bodies: string[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks).toString())
      const [status, body] = left.shift() ?? [404, '']
      response.writeHead(status, { 'retry-after': '0', location: 'https://elsewhere.example/' }).end(body)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies, close }
}

test('send --check says what sending would come to, and sends nothing', async () => {
  const before = platform.events().length
  const lines = [flight('c1'), flight('c2', { data: {} })].map(one => JSON.stringify(one)).join('\n')
  const checked = await tributary('send --check -', lines)
  expect(checked.code).toBe(1)
  expect(checked.output).toContain('1 would be accepted, 1 rejected; none was sent')
  expect(checked.output).toMatch(/event 2 \(id c2\): schema_violation: \/data must have/)
  const good = await tributary('send --check --json -', JSON.stringify(flight('c3')))
  expect([good.code, JSON.parse(good.output)]).toEqual([
    0,
    expect.objectContaining({ index: 0, verdict: 'accepted', partition: expect.any(Number) }),
  ])
  expect(platform.events()).toHaveLength(before)
})

test('query prints a table, or JSON', async () => {
  const { code, output } = await tributary(
    'query flights_daily --from 2001-01-01 --where origin=LAS --where origin=LAX --order -flights --limit 9',
  )
  expect([code, output]).toEqual([
    0,
    expect.stringMatching(/^window +flights +delay_mean .*\n2001-01-01T00:00:00Z +\d+ /),
  ])
  expect(platform.queries.at(-1)).toMatchObject({ where: { origin: ['LAS', 'LAX'] }, limit: 9 })
  expect(JSON.parse((await tributary('query flights_daily --json')).output)).toMatchObject({
    metric: 'flights_daily',
  })
})

test('a bad parameter is told as the platform says it', async () => {
  const { code, errors } = await tributary('query flights_daily --window minute')
  expect([code, errors]).toEqual([1, expect.stringContaining('parameter "window"')])
})

test('runs are started, followed, listed and shown', async () => {
  const started = await tributary('runs start delivery --input {"month":"2026-01"} --follow')
  expect([started.code, started.output]).toEqual([0, expect.stringContaining('Plan')])
  expect((await tributary('runs list')).output).toMatch(/run-0 +delivery +succeeded/)
  expect(JSON.parse((await tributary('runs show run-0 --json')).output)).toMatchObject({
    input: { month: '2026-01' },
  })
  expect(await tributary('runs show nothing')).toMatchObject({
    code: 1,
    errors: expect.stringContaining('no run'),
  })
})

test.each([
  [
    'backfill --from 2026-01-01 --to 2026-01-02T12:00:00Z',
    { from: '2026-01-01T00:00:00Z', to: '2026-01-02T12:00:00Z' },
  ],
  ['backfill --last 7d', { last: '7d' }],
  ['replay', {}],
])('%s starts the machine of that name', async (args, input) => {
  const { code } = await tributary(args)
  const { output } = await tributary('runs list --limit 1 --json')
  expect([code, JSON.parse(output)]).toMatchObject([0, [{ machine: args.split(' ')[0], input }]])
  expect((JSON.parse(output) as { input: object }[])[0]?.input).toEqual(input)
})

test.each([
  ['replay --from 2026-01-01 --to 2026-01-02', '--from'],
  ['runs start replay --input {"from":"2026-01-01T00:00:00Z"}', 'it takes only'],
  [
    'runs start batch --input {"epoch":1}',
    'it takes accept, acceptLoss, late, restate, restateFrom, scripts',
  ],
  ['runs start backfill', 'give "from" and "to", or "last"'],
  ['backfill --last 7d --from 2026-01-01', 'give "from" and "to", or "last"'],
  ['query flights_daily --where origin', 'give field=value'],
])('%s is refused before anything is sent, as it would be ignored', async (args, remedy) => {
  const before = (await tributary('runs list --json')).output
  const { code, errors } = await tributary(args)
  expect([code, errors]).toEqual([2, expect.stringContaining(remedy)])
  expect((await tributary('runs list --json')).output).toBe(before)
})

test('rejected events are listed and replayed', async () => {
  expect((await tributary('rejected list --type com.tributary.flight')).output).toContain('schema_violation')
  const { code, output } = await tributary('rejected replay')
  expect([code, output]).toEqual([0, expect.stringMatching(/^0 replayed, \d still rejected/)])
})

test('contracts, metrics and health are shown', async () => {
  expect((await tributary('contracts list')).output).toMatch(/com\.tributary\.flight +1 \(latest\)/)
  expect((await tributary('metrics list')).output).toContain('flights_daily')
  expect(await tributary('health')).toMatchObject({
    code: 0,
    output: expect.stringMatching(/^ok\n {2}speed: ok/),
  })
})

describe('contracts check', () => {
  test('finds the sample pipeline right, also against itself', async () => {
    const { code, output } = await tributary(`contracts check --base ${FOLDER}`)
    expect([code, output]).toEqual([0, expect.stringContaining('all right')])
  })

  test('finds a contract that changed in a way older events do not fit', async () => {
    const order = (amount: object) => ({
      type: 'com.example.order',
      version: 1,
      partitionBy: ['id'],
      data: { type: 'object', required: ['id'], properties: { id: { type: 'integer' }, amount } },
    })
    const [older, newer] = [join(folder, 'older'), join(folder, 'newer')]
    await writePipeline(older, order({ type: 'integer' }))
    await writePipeline(newer, order({ type: 'string' }))
    const { code, output } = await tributary(`contracts check --pipeline ${newer} --base ${older}`)
    expect([code, output]).toEqual([1, expect.stringContaining('amount was integer and is string')])
  })
})

test('contracts check --deployed says what the events of a running platform could not be', async () => {
  const wrong = join(folder, 'wrong')
  const properties = { origin: { type: 'string' }, distance: { type: 'string' } }
  const flights = { type: 'com.tributary.flight', version: 9, partitionBy: ['origin'] }
  await writePipeline(wrong, { ...flights, data: { type: 'object', properties } })
  const { code, output } = await tributary(`contracts check --deployed --pipeline ${wrong}`)
  expect([code, output]).toEqual([
    1,
    expect.stringMatching(/flight \d → 9: distance was integer and is string/),
  ])
  expect((await tributary('contracts check --deployed')).code).toBe(0)
})

test('contracts check says of a data folder what its start would say', async () => {
  const data = join(folder, 'ran-before')
  const [first, changed, log] = [join(folder, 'first'), join(folder, 'changed'), join(data, 'log')]
  const item = (code: object) => ({
    ...{ type: 'com.example.item', version: 1, partitionBy: ['id'] },
    data: { type: 'object', properties: { id: { type: 'string' }, code } },
  })
  await writePipeline(first, item({ type: 'string' }))
  await writePipeline(changed, item({ type: 'integer' }))
  await mkdir(data)
  await settleDeclarations(data, join(data, 'lake'), await loadPipeline(first), [])
  const check = () => tributary(`contracts check --pipeline ${changed}`, '', { TRIBUTARY_DATA: data })
  expect(await check()).toMatchObject({
    code: 0,
    output: expect.stringContaining(`compared with what ${data}`),
  })

  await mkdir(join(data, 'lake', 'raw', 'type=com.example.item', 'epoch=20260101T000000Z'), {
    recursive: true,
  })
  const { code, output } = await check()
  expect([code, output]).toEqual([
    1,
    expect.stringContaining('com.example.item 1 → 1: code was string and is integer'),
  ])
  await expect(
    requireReadable({
      data,
      paths: { lake: join(data, 'lake'), log },
      pipeline: await loadPipeline(changed),
    }),
  ).rejects.toThrow('contract com.example.item: field "code" was string and is integer')
})

test.each([
  ['in place', 1],
  ['by a new version', 2],
])(
  'contracts check notes a change %s that a start takes and somebody should know of',
  async (how, version) => {
    const data = join(folder, `noted-${version}`)
    const [first, changed] = [
      join(folder, `noted-first-${version}`),
      join(folder, `noted-changed-${version}`),
    ]
    const reading = (more: object) => ({
      ...{ type: 'com.example.reading', version: 1, partitionBy: ['id'], scale: 2, ...more },
      data: { type: 'object', properties: { id: { type: 'string' }, value: { type: 'number' } } },
    })
    await writePipeline(first, reading({}))
    await writePipeline(changed, reading({ version, scale: 3, partitionBy: ['value'] }))
    if (how === 'by a new version')
      await writeFile(join(changed, 'contracts', 'first.json'), JSON.stringify(reading({})))
    const raw = join(data, 'lake', 'raw', 'type=com.example.reading', 'epoch=20260101T000000Z')
    await mkdir(raw, { recursive: true })
    const start = async (pipeline: string) =>
      settleDeclarations(data, join(data, 'lake'), await loadPipeline(pipeline), [])
    const check = (flags = '') =>
      tributary(`contracts check --pipeline ${changed}${flags}`, '', { TRIBUTARY_DATA: data })
    expect(await start(first)).toEqual([])
    const { code, output } = await check()
    expect(code).toBe(0)
    expect(output).toContain(
      `note: com.example.reading 1 → ${version}: value keeps 3 decimal places and kept 2`,
    )
    expect(output).toContain(`note: com.example.reading 1 → ${version}: partitionBy was id and is value`)
    expect(JSON.parse((await check(' --json')).output)).toMatchObject({
      incompatible: [],
      notices: [{ field: 'value' }, { field: 'partitionBy' }],
    })
    expect((await check(` --base ${first}`)).output).toBe(output)
    expect(await start(changed)).toHaveLength(2)
    expect(await start(changed)).toEqual([])
    expect((await check()).output).not.toContain('decimal places')
  },
)

async function writePipeline(path: string, contract: object): Promise<void> {
  for (const kind of ['contracts', 'metrics', 'schedules']) await mkdir(join(path, kind), { recursive: true })
  await writeFile(join(path, 'contracts', 'order.json'), JSON.stringify(contract))
}

test('demo streams real flights through the platform', async () => {
  const { code, output } = await tributary('demo --limit 1500 --speed 100000 --json')
  expect([code, JSON.parse(output)]).toMatchObject([
    0,
    { sent: 1500, accepted: 1500, rejected: 0, duplicates: 0, caughtUp: true },
  ])
  expect(platform.events().find(event => event.id === 'flight-0')).toMatchObject({
    source: '/demo/flights-2001',
    time: '2001-01-01T00:01:00Z',
    data: { origin: 'LAS', destination: 'PHL', distance: 2176, delay: 33 },
  })
})

describe('query', () => {
  test('--as-of asks for what was known, and says as of when', async () => {
    const measures = pipelineMeasures('flights_daily')
    const provenance = { boundary: '2001-01-01T00:00:00Z', run: 'run-7', asOf: '2001-01-01T02:00:00Z' }
    const other = await startPlatform(
      {},
      {
        queryMetric: async ({ name, asOf }) => ({
          ...{ metric: name, window: 'day' as const },
          rows: [
            { window: '2001-01-01T00:00:00Z', group: { origin: JSON.stringify(asOf) }, values: measures },
          ],
          provenance: { ...provenance, lagMs: 0, snapshot: 3 },
        }),
      },
    )
    const { output } = await tributary('query flights_daily --as-of run-7', '', { TRIBUTARY_URL: other.url })
    await other.close()
    expect(output).toContain('{"run":"run-7"}')
    expect(output).toMatch(/as known at 2001-01-01T02:00:00Z: exact through epoch 2001-01-01.*, by run run-7/)
  })

  test('tells a value that is missing from one that is empty, null, or looks like either', async () => {
    const origins = [
      {},
      { origin: '' },
      { origin: null },
      { origin: 'null' },
      { origin: ' ' },
      { origin: 'LAS' },
    ]
    const measures = pipelineMeasures('flights_daily')
    const other = await startPlatform(
      {},
      {
        queryMetric: async ({ name }) => ({
          ...{ metric: name, window: 'day' as const },
          rows: origins.map(group => ({ window: '2001-01-01T00:00:00Z', group, values: measures })),
          provenance: { boundary: null, run: null, asOf: '2001-01-01T00:00:00Z', lagMs: 0 },
        }),
      },
    )
    const { output } = await tributary('query flights_daily', '', { TRIBUTARY_URL: other.url })
    await other.close()
    const [head = '', ...rows] = output.split('\n')
    const [from, to] = [head.indexOf('origin'), head.indexOf('flights')]
    expect(rows.slice(0, origins.length).map(row => row.slice(from, to).trim())).toEqual([
      ...['', '""', 'null', '"null"', '" "', 'LAS'],
    ])
  })
})

describe('the command line', () => {
  test.each([
    'fly',
    'query',
    'backfill --from 2026-01-01',
    'send --nope',
    'backfill --from x --to y',
    'demo --limit 0',
  ])('"%s" is not understood: exit code 2 and what would be right', async args => {
    const { code, errors } = await tributary(args)
    expect([code, errors]).toEqual([2, expect.stringMatching(/./)])
  })

  test('a missing key is told with a remedy', async () => {
    const { code, errors } = await tributary('metrics list --key wrong')
    expect([code, errors]).toEqual([1, expect.stringContaining('TRIBUTARY_KEY')])
  })

  test('a platform that is not there is told with a remedy', async () => {
    const { code, errors } = await tributary('health --url http://127.0.0.1:9')
    expect([code, errors]).toEqual([1, expect.stringMatching(/npm start.*PORT.*--url or TRIBUTARY_URL/)])
  })

  test('the program itself shows its help', async () => {
    const bin = join(import.meta.dirname, '..', '..', 'local', 'cli', 'bin.ts')
    const { stdout } = await promisify(execFile)(process.execPath, [bin, '--help'])
    expect(stdout).toContain('backfill')
  })
})

test('a reader that has seen enough ends a command quietly, whatever it is', async () => {
  const bin = join(import.meta.dirname, '..', '..', 'local', 'cli', 'bin.ts')
  const variables = { TRIBUTARY_URL: platform.url, TRIBUTARY_KEY: 'a', NODE: process.execPath, BIN: bin }
  const command = 'for args in "runs list" "query flights_daily --json"; do "$NODE" "$BIN" $args | true;'
  const script = `${command} echo "$PIPESTATUS"; done`
  const found = await promisify(execFile)('bash', ['-c', script], { env: { ...process.env, ...variables } })
  expect(found).toEqual({ stdout: '0\n0\n', stderr: '' })
})

describe('estimate', () => {
  const target =
    'estimate --rate trip=1000 --groups trips_hourly=500 --size 1024 --batch 100 --freshness 10 --json'
  const costOf = async (args: string) => {
    const { code, output } = await tributary(args)
    expect(code).toBe(0)
    return JSON.parse(output).chosen as { partitions: number; estimate: { perMillion: number } }
  }

  test('recommends a setting within the targets for cost', async () => {
    expect((await costOf(`${target} --dedupe record`)).estimate.perMillion).toBeLessThanOrEqual(0.35)
    expect((await costOf(`${target} --dedupe event`)).estimate.perMillion).toBeLessThanOrEqual(1)
  })

  test('prices partitions, freshness, groups and requests', async () => {
    const base = (await costOf(`${target} --partitions 4`)).estimate.perMillion
    for (const [worse, args] of [
      ['more partitions', `${target} --partitions 64`],
      ['fresher numbers', `${target.replace('--freshness 10', '--freshness 1')} --partitions 4`],
      ['more groups', `${target.replace('=500', '=5000')} --partitions 4`],
      ['smaller requests', `${target.replace('--batch 100', '--batch 1')} --partitions 4`],
    ])
      expect((await costOf(args!)).estimate.perMillion, worse).toBeGreaterThan(base)
  })

  test('names what is wrong with a flag', async () => {
    for (const [args, problem] of [
      ['estimate --rate trop=5', 'com.tributary.trip'],
      ['estimate --rate trip', 'trip=1000'],
      ['estimate --rate trip=0', 'a number above 0'],
      ['estimate --rate trip=5 --groups trip_hourly=5', 'give trips_hourly'],
      ['estimate --rate trip=5 --dedupe none', 'event or record'],
      ['estimate --rate trip=5 --epoch never', 'a duration'],
    ]) {
      const { code, errors } = await tributary(args!)
      expect(code).toBe(2)
      expect(errors).toContain(problem)
    }
  })
})
