import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PlatformProcess, startPlatformProcess } from '../../bench/platform-process.ts'
import { type Installed, install, NODE_PACKAGES, PYTHON_PACKAGES, run } from './installed.ts'

/** What others make of /openapi.json: linters, generators of clients, and a client that looks for lies. */

let platform: PlatformProcess
let node: Installed
let python: Installed

beforeAll(async () => {
  node = await install('description', NODE_PACKAGES)
  python = await install('description', PYTHON_PACKAGES)
  const sample = join(import.meta.dirname, '..', '..', 'pipeline')
  platform = await startPlatformProcess({
    ...{ TRIBUTARY_PIPELINE: sample, TRIBUTARY_EPOCH: '1h', TRIBUTARY_ORIGINS: '*' },
    TRIBUTARY_KEYS: 'admin:bench-key,browser:page-key',
  })
})
afterAll(async () => {
  await platform?.stop()
  platform?.dispose()
})

type Run = (command: readonly string[], env?: Readonly<Record<string, string>>) => Promise<string>

/** Works in a folder of its own beside the installed tools, with the description in `openapi.json`. */
async function withDescription(
  at: Installed,
  work: (run: Run, folder: string) => Promise<void>,
): Promise<void> {
  if ('missing' in at) throw new Error(at.missing)
  const folder = await mkdtemp(join(at.folder, 'work-'))
  try {
    const answer = await fetch(`http://127.0.0.1:${platform.port}/openapi.json`)
    await writeFile(join(folder, 'openapi.json'), await answer.text())
    await work(
      ([name = '', ...args], env = {}) =>
        run([join(at.folder, name), ...args], { cwd: folder, timeout: 280_000, env }),
      folder,
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const bin = (name: string) => `node_modules/.bin/${name}`

test('Redocly and Spectral have nothing to say against it', async context => {
  context.skip('missing' in node, 'missing' in node ? node.missing : undefined)
  await withDescription(node, async run => {
    const redocly = await run([bin('redocly'), 'lint', 'openapi.json', '--format=json'])
    expect((JSON.parse(redocly) as { problems: unknown[] }).problems).toEqual([])
    const rules = ['--ruleset', '../spectral.yaml', '--fail-severity=hint']
    expect(await run([bin('spectral'), 'lint', 'openapi.json', ...rules])).toContain('No results')
  })
})

test('openapi-typescript and @hey-api/openapi-ts make clients of it whose users type-check', async context => {
  context.skip('missing' in node, 'missing' in node ? node.missing : undefined)
  await withDescription(node, async (run, folder) => {
    await run([bin('openapi-typescript'), 'openapi.json', '-o', 'types.ts'])
    await run([bin('openapi-ts'), '-i', 'openapi.json', '-o', 'hey', '-c', '@hey-api/client-fetch'])
    await copyFile(join(folder, '..', 'use.txt'), join(folder, 'use.ts'))
    await copyFile(join(folder, '..', 'tsconfig.json'), join(folder, 'tsconfig.json'))
    await run([bin('tsc'), '-p', '.'])
  })
})

test('openapi-python-client makes a client of all of it', async context => {
  context.skip('missing' in python, 'missing' in python ? python.missing : undefined)
  await withDescription(python, async (run, folder) => {
    const generate = ['-m', 'openapi_python_client', 'generate', '--path', 'openapi.json', '--meta', 'none']
    // ruff, which it calls, stands beside it.
    const path = `${join(folder, '..', 'venv', 'bin')}:${process.env['PATH']}`
    const said = await run(['venv/bin/python', ...generate, '--output-path', 'made', '--fail-on-warning'], {
      PATH: path,
    })
    expect(said).not.toMatch(/warning|error/i)
    // Not send_events: 0.29.1 forgets an import of its own where a body has two content types.
    await run([
      'venv/bin/python',
      '-c',
      'import made.api.metrics.query_flights_daily, made.api.runs.start_run, made.models',
    ])
  })
})

test('schemathesis finds no answer that is not described', async context => {
  context.skip('missing' in python, 'missing' in python ? python.missing : undefined)
  await withDescription(python, async (run, folder) => {
    const main = 'import sys; from schemathesis.cli import schemathesis; sys.exit(schemathesis())'
    const url = `http://127.0.0.1:${platform.port}`
    const bearer = `Authorization: Bearer ${platform.key}`
    const options = ['--checks', 'all', '-n', '15', '--seed', '1', '--no-color', '-H', bearer]
    const config = ['--config-file', join(folder, '..', 'schemathesis.toml')]
    const env = { SCHEMATHESIS_HOOKS: join(folder, '..', 'hooks.py') }
    const said = await run(
      ['venv/bin/python', '-c', main, ...config, 'run', `${url}/openapi.json`, ...options],
      env,
    ).catch((error: { stdout?: string }) => error.stdout ?? String(error))
    expect(said).not.toContain('FAILURES')
    expect(said).toMatch(/Tested: [1-9]/)
    expect(said).toContain('No issues found')
  })
})
