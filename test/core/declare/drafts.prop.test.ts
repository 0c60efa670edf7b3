import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ContractDeclaration } from '../../../core/declare/contract.ts'
import { type Drafts, draftDeclarations } from '../../../core/declare/drafts/drafts.ts'
import { readContractChoices, readMetricChoices } from '../../../core/declare/drafts/read-choices.ts'
import type { MetricDeclaration } from '../../../core/declare/metric.ts'
import { compilePipeline } from '../../../core/declare/pipeline.ts'
import { compileAcceptor } from '../../../core/event/accept.ts'
import { createAjvValidators } from '../../../drivers/validators/ajv.ts'
import { runCommand } from '../../../local/cli/program.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
/** A folder beside which the project's own modules lie, as a pipeline of its own has them. */
let root: string
let made = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tributary-drafts-'))
  for (const name of ['core', 'node_modules', 'package.json'])
    await symlink(join(ROOT, name), join(root, name))
})
afterAll(() => rm(root, { recursive: true }))

/** What a file of the pipeline declares, by importing it. */
async function imported<T>(kind: 'contracts' | 'metrics', text: string): Promise<T> {
  const folder = join(root, `pipeline-${made++}`, kind)
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'draft.ts')
  await writeFile(file, text)
  return ((await import(pathToFileURL(file).href)) as { default: T }).default
}

/** Why data is not taken under the declared files; undefined: it is. */
async function refusal({ contract, metric }: Drafts, data: readonly unknown[]): Promise<unknown> {
  const declaration = await imported<ContractDeclaration>('contracts', contract.file.text)
  const declared = await imported<MetricDeclaration>('metrics', metric.file.text)
  const pipeline = compilePipeline({
    contracts: [{ file: 'draft.ts', declaration }],
    metrics: [{ file: 'draft.ts', declaration: declared }],
    schedules: [],
  })
  const accept = compileAcceptor(pipeline, createAjvValidators())
  const shared = { specversion: '1.0', id: 'a', source: '/s', time: '2026-01-01T00:00:00Z' }
  return data
    .map(one => accept({ ...shared, type: declaration.type, data: one }, 0))
    .find(one => one.kind === 'rejected')
}

const draftOf = (samples: readonly unknown[], contract = {}, metric = {}) =>
  draftDeclarations(samples, contract, metric, [])

const name = fc.oneof(
  fc.stringMatching(/^[a-z]{1,4}(_[a-z]{1,3})?$/),
  fc.constantFrom('first name', "it's", '"quoted"', '`$', '*/', 'a-b', 'Ünï', '</script>', '\\'),
)
const scalar = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom(
    '2026-01-31',
    '2026-01-31T12:00:00+02:00',
    'ada@example.org',
    '10.0.0.1',
    'https://a.example/x',
  ),
  fc.integer(),
  fc.integer({ min: -99_999, max: 99_999 }).map(n => n / 1000),
  fc.boolean(),
  fc.constant(null),
)
const value = fc.oneof(
  { weight: 4, arbitrary: scalar },
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(name, scalar, { maxKeys: 3 }),
)
const data = fc.dictionary(name, value, { maxKeys: 5 }).map(one => ({ ...one, order_id: 7 }))

test('files drafted from samples are declarations that accept those samples, whatever is in them', async () => {
  let taken = 0
  await fc.assert(
    fc.asyncProperty(fc.array(data, { minLength: 1, maxLength: 4 }), async samples => {
      const drafts = draftOf(samples, { type: 'com.example.order' })
      // What a start would refuse, such as two fields of one column, is said beside the text.
      if (drafts.contract.file.problem !== null || drafts.metric.file.problem !== null) return
      taken++
      expect(await refusal(drafts, samples)).toBeUndefined()
    }),
    { numRuns: 30 },
  )
  expect(taken).toBeGreaterThan(15)
})

describe('a draft', () => {
  const order = {
    order_id: 'o-1',
    customer_id: 7,
    amount: 12.505,
    email: 'ada@example.org',
    at: '2026-01-31T12:00:00Z',
    paid: true,
    coupon: null,
    address: { country: 'DE', street: 'Am Ufer 1' },
    tags: ['a', 'b'],
  }
  const { coupon: _, ...without } = { ...order, amount: 12, coupon: 'X' }

  test('says kinds, formats, what may be missing or null, places, partition and what is sensitive', () => {
    const { contract } = draftOf([order, { ...without, note: 'hi' }], { type: 'com.example.order' })
    expect(
      contract.fields.map(({ name, kind, format, optional, nullable }) => [
        name,
        kind,
        format,
        optional,
        nullable,
      ]),
    ).toEqual([
      ['order_id', 'string', null, false, false],
      ['customer_id', 'integer', null, false, false],
      ['amount', 'number', null, false, false],
      ['email', 'string', 'email', false, false],
      ['at', 'string', 'date-time', false, false],
      ['paid', 'boolean', null, false, false],
      ['coupon', 'string', null, true, true],
      ['address.country', 'string', null, false, false],
      ['address.street', 'string', null, false, false],
      ['tags', 'json', null, false, false],
      ['note', 'string', null, true, false],
    ])
    expect(contract).toMatchObject({
      ...{ version: 1, title: 'Order', partitionBy: ['order_id'], subject: 'customer_id', scale: 3 },
      sensitive: ['email', 'address.street'],
    })
    expect(contract.file.path).toBe('pipeline/contracts/order.ts')
  })

  test('takes the type from events, and the version after those that there are', () => {
    const event = { specversion: '1.0', id: '1', source: '/', type: 'com.example.order', data: order }
    const declared = [{ type: 'com.example.order', version: 3 }]
    const { contract } = draftDeclarations([event], {}, {}, declared)
    expect([contract.type, contract.version]).toEqual(['com.example.order', 4])
  })

  test('is what was chosen where somebody chose, and says what a start would refuse', async () => {
    const choices = readContractChoices({
      ...{ type: 'com.example.sale', title: '', partitionBy: ['customer_id'], sensitive: [], scale: 2 },
      fields: { tags: { leftOut: true }, paid: { optional: true }, at: { format: null } },
    })
    const drafts = draftOf([order], choices)
    expect(drafts.contract.file.text).not.toContain('tags')
    expect(
      await refusal(
        drafts,
        [{ ...order, paid: undefined }].map(one => JSON.parse(JSON.stringify(one))),
      ),
    ).toBeUndefined()
    expect(draftOf([order], { partitionBy: [] }).contract.file.problem).toContain(
      'partitionBy names no field',
    )
    expect(draftOf([order], { type: 'order' }).contract.file.problem).toContain('is not a dotted name')
    expect(draftOf([order], {}, { measures: [] }).metric.file.problem).toContain('it has no measures')
  })

  test.each([
    [{ version: 'process.exit()' }, 'contract.version'],
    [{ scale: '2' }, 'contract.scale'],
    [{ fields: { a: { kind: 'any' } } }, 'contract.fields'],
    [{ partitionBy: 'a' }, 'contract.partitionBy'],
  ])('refuses %j, which would stand in a file of code', (choice, place) => {
    expect(() => readContractChoices(choice)).toThrow(place)
  })

  test('refuses a choice that it does not know, which would be ignored', () => {
    expect(() => readContractChoices({ partitionby: ['a'] })).toThrow('"contract.partitionby" is not known')
    expect(() => readMetricChoices({ groups: ['a'] })).toThrow('"metric.groups" is not known')
  })

  test('refuses measures of other kinds, and samples that are no objects', () => {
    const measures = [{ name: 'a', kind: 'constructor', field: null }]
    expect(() => readMetricChoices({ measures })).toThrow('metric.measures')
    for (const samples of [[], [7], [{}], [[]]]) expect(() => draftOf(samples)).toThrow(/sample/)
    const many = Object.fromEntries(Array.from({ length: 501 }, (_, i) => [`f${i}`, i]))
    expect(() => draftOf([many])).toThrow('over 500 fields')
  })
})

test('files of the command line pass contracts check, and the samples are taken', async () => {
  const folder = join(root, 'pipeline')
  for (const kind of ['contracts', 'metrics', 'schedules'])
    await mkdir(join(folder, kind), { recursive: true })
  const sample = {
    device_id: 'd-1',
    temperature: 21.5,
    "it's": `\`\${x}\``,
    reported: '2026-01-31T12:00:00Z',
  }
  const run = async (args: string, input = '') => {
    let [output, errors] = ['', '']
    const sink = (add: (text: string) => void) =>
      new Writable({
        write: (chunk, _, done) => {
          add(String(chunk))
          done()
        },
      })
    const code = await runCommand(args.split(' '), {
      variables: { TRIBUTARY_DATA: join(root, 'data'), TRIBUTARY_PIPELINE: folder },
      input: Readable.from([input]),
      output: sink(text => (output += text)),
      errors: sink(text => (errors += text)),
      signal: new AbortController().signal,
    })
    return { code, output, errors }
  }
  for (const flag of ['', ' --metric']) {
    const drafted = await run(`contracts draft --type com.example.reading${flag} -`, JSON.stringify(sample))
    expect(drafted).toMatchObject({ code: 0, errors: expect.stringMatching(/^this belongs into pipeline\//) })
    const path = /pipeline\/(\S+)/.exec(drafted.errors)![1]!
    await writeFile(join(folder, path), drafted.output)
  }
  expect(await run('contracts check')).toMatchObject({
    code: 0,
    output: expect.stringContaining('1 contracts, 1 metrics, 0 schedules: all right'),
  })
  const drafts = draftOf([sample], { type: 'com.example.reading' })
  expect(await refusal(drafts, [sample])).toBeUndefined()
})
