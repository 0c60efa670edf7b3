import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildFunction } from '../../deploy/build-functions.ts'
import { buildContractsLayer } from '../../layers/contracts/build.ts'
import { SAMPLE } from '../declared.ts'

const run = promisify(execFile)

let folder: string
beforeAll(() => {
  // Inside the project, where packages resolve.
  mkdirSync(resolve('.build'), { recursive: true })
  folder = mkdtempSync(resolve('.build', 'test-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function bundle(name: string, source: string): Promise<string> {
  writeFileSync(join(folder, `${name}.ts`), source)
  const out = join(folder, 'out', name)
  await buildFunction(name, out, folder)
  return out
}

/** What a bundle's handler answers in a fresh process with nothing but this environment. */
async function answer(out: string, environment: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const script = `const { handler } = await import(process.argv[1]); console.log(JSON.stringify(await handler()))`
  const url = pathToFileURL(join(out, 'index.mjs')).href
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script, url], {
    env: environment,
    cwd: '/',
  })
  return JSON.parse(stdout)
}

describe('a bundled function', () => {
  test('holds what its handler uses of the SDK, and of credentials only the environment', async () => {
    const out = await bundle(
      'client',
      `import { ListStreamsCommand, KinesisClient } from '@aws-sdk/client-kinesis'
       const client = new KinesisClient({})
       export const handler = async () => [await client.config.credentials(), typeof ListStreamsCommand]`,
    )
    const text = readFileSync(join(out, 'index.mjs'), 'utf8')
    expect(text).not.toMatch(/sso_session|web_identity_token_file|SplitShard/)
    const environment = { AWS_REGION: 'x', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }
    const [credentials] = (await answer(out, { ...environment, AWS_SESSION_TOKEN: 'c' })) as [object]
    expect(credentials).toMatchObject({ accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' })
    await expect(answer(out, { AWS_REGION: 'x' })).rejects.toThrow(/AWS_ACCESS_KEY_ID/)
  })

  test('takes the contracts from their layer', async () => {
    const contracts = resolve('drivers/pipeline/compiled.ts')
    const out = await bundle(
      'contracts',
      `import { pipeline, validators } from ${JSON.stringify(contracts)}
       const validate = validators.validatorOf(pipeline.latest.get('com.tributary.flight')!)
       export const handler = async () => validate({ origin: 'LAS' })`,
    )
    const layer = join(folder, 'layer')
    const module = await buildContractsLayer({ pipeline: SAMPLE, out: layer })
    const violation = {
      code: 'schema_violation',
      detail: "/data must have required property 'destination' (contract com.tributary.flight version 1)",
      place: '/data',
    }
    expect(await answer(out, { NODE_PATH: join(layer, 'nodejs', 'node_modules') })).toEqual(violation)
    expect(await answer(out, { TRIBUTARY_CONTRACTS: module })).toEqual(violation)
    await expect(answer(out)).rejects.toThrow(/the contracts layer cannot be imported/)
    const text = `${readFileSync(module, 'utf8')}${readFileSync(join(out, 'index.mjs'), 'utf8')}`
    expect(text).not.toMatch(/typebox|ajv-keywords|addSchema/i)
  })

  test('keeps what it loads later in files of their own, and no file that nothing loads', async () => {
    writeFileSync(join(folder, 'late.txt.ts'), `export const late = 'loaded later'`)
    writeFileSync(
      join(folder, 'lazy.ts'),
      `export const used = async () => (await import('./late.txt.ts')).late
       export const unused = async () => (await import('@aws-sdk/client-s3')).S3Client`,
    )
    const out = await bundle('loads-late', `import { used } from './lazy.ts'\nexport const handler = used`)
    expect(readFileSync(join(out, 'index.mjs'), 'utf8')).not.toContain('loaded later')
    expect(readdirSync(out).filter(name => /s3|late/i.test(name))).toEqual([
      expect.stringMatching(/^late\.txt-\w+\.mjs$/),
    ])
    expect(await answer(out)).toBe('loaded later')
  })

  test.each([
    ['ingest', ['dynamodb', 'firehose', 'kinesis', 's3']],
    ['metrics', ['dynamodb']],
    ['speed', ['dynamodb', 's3']],
  ])('%s holds the clients of the services that it calls, and no other', async (name, services) => {
    const { outputs } = await buildFunction(name, join(folder, 'out', name))
    const inputs = Object.values(outputs).flatMap(output => Object.keys(output.inputs))
    const found = inputs.flatMap(path => /@aws-sdk\/client-([a-z0-9-]+)\//.exec(path)?.[1] ?? [])
    expect([...new Set(found)].toSorted()).toEqual(services)
  })

  test('can hold a CommonJS package that requires modules of Node', async () => {
    writeFileSync(join(folder, 'old.cjs'), `module.exports = require('node:path').sep`)
    const out = await bundle('old', `import sep from './old.cjs'\nexport const handler = async () => sep`)
    expect(await answer(out)).toBe('/')
  })

  test('is the same bytes every time', async () => {
    const source = `import { createHash } from 'node:crypto'\nexport const handler = async () => typeof createHash`
    const first = readFileSync(join(await bundle('same', source), 'index.mjs'))
    expect(readFileSync(join(await bundle('same', source), 'index.mjs')).equals(first)).toBe(true)
  })

  test('that has no entry, or one that does not resolve, is named', async () => {
    await expect(buildFunction('startNothing', join(folder, 'out'), folder)).rejects.toThrow(
      /startNothing has no entry functions\/entries\/start-nothing\.ts/,
    )
    await expect(bundle('broken', `import './not-there.ts'`)).rejects.toThrow(
      /function broken cannot be bundled: .*not-there/s,
    )
  })
})
