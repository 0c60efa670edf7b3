import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import {
  type Certificate,
  type FileDigest,
  type MetricStatement,
  sha256Of,
  type TypeStatement,
} from '../../../../core/lake/certificate.ts'
import { certifiedSql, parseChainHead } from '../../../../core/lake/certificate-paths.ts'
import { type Installed, installWithPip } from '../../../../deploy/check/pip.ts'
import type { World } from '../batch-kit.ts'

const run = promisify(execFile)
const SCRIPT = join(import.meta.dirname, '../../../../scripts/verify-run.py')

/** Stock DuckDB for Python, or why there is none. */
export function installDuckdb(): Promise<Installed> {
  return installWithPip('duckdb', join(import.meta.dirname, 'requirements.txt'))
}

/** What scripts/verify-run.py says of the lake of a world. */
export async function verified(world: World, python: string, ...only: readonly string[]): Promise<string> {
  const { stdout } = await run(python, [SCRIPT, world.file(''), ...only], { timeout: 60_000 }).catch(
    (error: { readonly stdout: string; readonly stderr: string }) => {
      if (error.stdout === '') throw error
      return error
    },
  )
  return stdout.trim()
}

/** The certificates of a lake in their order, of which each must name the one before. */
export async function chainOf({ lake, file }: World): Promise<readonly Certificate[]> {
  const paths = (await lake.list('certificates/chain')).map(({ path }) => path)
  const texts = await Promise.all(paths.map(path => readFile(file(path), 'utf8')))
  const chain = texts.map(text => JSON.parse(text) as Certificate)
  const names = [null, ...texts.map(sha256Of)]
  expect(chain.map(({ number, previous }) => [number, previous])).toEqual(
    chain.map((_, i) => [i + 1, names[i]]),
  )
  const heads = (await lake.list('certificates/head')).map(({ path }) => parseChainHead(path))
  expect(heads).toEqual(chain.length === 0 ? [] : [{ number: chain.length, sha256: names.at(-1) }])
  return chain
}

/** What the newest certificates say of each type and metric of an epoch. */
export async function newestOf(world: World) {
  const chain = await chainOf(world)
  return new Map<string, TypeStatement | MetricStatement>(
    chain.flatMap(({ epoch, types, metrics }) => [
      ...types.map(each => [`${epoch} ${each.type}`, each] as const),
      ...metrics.map(each => [`${epoch} ${each.metric}`, each] as const),
    ]),
  )
}

/** All that is published has a certificate, of the very objects that are in the lake. */
export async function expectCertified(world: World, names: readonly string[]): Promise<void> {
  const newest = await newestOf(world)
  expect([...newest.keys()].sort()).toEqual(expect.arrayContaining([...names]))
  for (const { inputs, results, sql } of newest.values()) {
    await expectThere(world, [...inputs, ...results])
    expect(sha256Of(await readFile(world.file(certifiedSql(sql)), 'utf8'))).toBe(sql)
  }
}

async function expectThere(world: World, digests: readonly FileDigest[]): Promise<void> {
  for (const digest of digests) {
    const relation = { kind: 'notes', type: '', epoch: 0, parts: [digest.path] } as const
    expect(await world.engine.session(session => session.digests(relation))).toEqual([digest])
  }
}
