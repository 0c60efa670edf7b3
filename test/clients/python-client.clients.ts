import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pythonTypes } from '../../core/clients/python.ts'
import { compilePipeline } from '../../core/declare/pipeline.ts'
import { createAjvValidators } from '../../drivers/validators/ajv.ts'
import { runCommand } from '../../local/cli/program.ts'
import { writtenContracts } from '../language/contracts.ts'
import { declaredOf } from '../language/declared-of.ts'
import { FOLDER, type Platform, startPlatform } from '../local/test-platform.ts'
import { install, PYTHON_PACKAGES, run } from './installed.ts'

/** The client that is written for Python, with pydantic from its registry, as its users have it. */

const RUNTIME = join(import.meta.dirname, '../../local/cli/typed-client/python.py')

let folder: string
let python: string | undefined
let missing: string | undefined
let platform: Platform

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-python-'))
  const installed = await install('python-client', PYTHON_PACKAGES)
  if ('missing' in installed) missing = installed.missing
  else {
    python = join(installed.folder, 'venv/bin/python')
    await cp(installed.folder, folder, { recursive: true, filter: path => !path.includes('venv') })
  }
  platform = await startPlatform()
  const write = () => true
  const environment = {
    ...{ input: process.stdin, output: { write } as never, errors: { write } as never, variables: {} },
    signal: new AbortController().signal,
  }
  const args = ['client', '--out', join(folder, 'tributary.py'), '--pipeline', FOLDER]
  expect(await runCommand(args, environment)).toBe(0)
})
afterAll(async () => {
  await platform.close()
  await rm(folder, { recursive: true, force: true })
})

const ran = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  run([python!, ...args], { cwd: folder, timeout: 120_000, env })

describe('the client for Python', () => {
  test('is right for the type checker, and wrong uses of it are not', async context => {
    context.skip(missing !== undefined, missing)
    expect(await ran(['-m', 'mypy', '--strict', 'tributary.py', 'uses.py'])).toMatch(/^Success/)
  })

  test('takes what contracts take, as it is, and no field that they do not name', async context => {
    context.skip(missing !== undefined, missing)
    const seed = Number(process.env['SEED'] ?? Date.now() % 1e6)
    const contracts = writtenContracts(80, seed)
    const pipeline = compilePipeline({
      contracts: contracts.map(({ declaration }, i) => ({ file: `contracts/${i}.json`, declaration })),
      metrics: contracts.map(({ metric }, i) => ({ file: `metrics/${i}.ts`, declaration: metric })),
      ...{ schedules: [], alerts: [], dashboards: [], sources: [] },
    } as never)
    const validators = createAjvValidators()
    const values = contracts.flatMap(({ declaration, values }) =>
      fc
        .sample(values, { seed, numRuns: 5 })
        .filter(data => validators.validatorOf(pipeline.latest.get(declaration.type)!)(data) === undefined)
        .map(data => [declaration.type, declaredOf(pipeline.latest.get(declaration.type)!.data, data)]),
    )
    const runtime = await readFile(RUNTIME, 'utf8')
    const declared = runtime.replace(
      /^# <declared>\n.*?^# <\/declared>\n/ms,
      () => `${pythonTypes(pipeline)}\n`,
    )
    await writeFile(join(folder, 'declared.py'), declared)
    await writeFile(join(folder, 'values.json'), JSON.stringify(values))
    const said = JSON.parse(await ran(['values.py', 'values.json'])) as { readonly forbidden: number }
    expect({ seed, said }).toEqual({ seed, said: { faults: [], models: 80, forbidden: expect.any(Number) } })
    expect(said.forbidden).toBeGreaterThan(50)
    expect(await ran(['-m', 'mypy', '--strict', 'declared.py'])).toMatch(/^Success/)
  })

  test('sends, sends again what is refused for now, and says what it is told', async context => {
    context.skip(missing !== undefined, missing)
    platform.refusals.push([{ kind: 'refused', reason: 'full', retryAfterSeconds: 1 }])
    const lines = (await ran(['sends.py'], { URL: platform.url })).trim().split('\n')
    const nothing = { accepted: 0, rejected: [], conflicting: [], unseen: [], undeclared: {}, late: 0 }
    const receipt = expect.stringMatching(/^\d{13}-/)
    expect(lines.map(line => JSON.parse(line) as unknown)).toEqual([
      ...['dealy', 'distance', 'delay', 'origin', 'origin'].map(field => ({ refused: [field] })),
      { ...nothing, accepted: 2 },
      {
        ...{ ...nothing, accepted: 2 },
        conflicting: [{ index: 1, id: 'p1', receipt, earlier: receipt }],
        unseen: [{ source: '/python', first: 3, last: 4, since: expect.any(String) }],
      },
      {
        ...nothing,
        accepted: 1,
        rejected: [expect.objectContaining({ index: 1, code: 'invalid_attribute' })],
      },
      { ...nothing, rejected: [expect.objectContaining({ index: 0, code: 'invalid_attribute' })] },
      'flights_daily',
      { status: 403, code: 'forbidden', unsent: [0, 1] },
      { status: null, code: null, unsent: [0, 1] },
    ])
    expect(platform.events().filter(({ id }) => id === 'p2')).toHaveLength(1)
  })
})
