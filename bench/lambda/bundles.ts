import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BUILD, buildFunctions } from '../../deploy/build.ts'
import { zipFolder } from '../../deploy/build-zip.ts'
import { FUNCTIONS } from '../../deploy/generate/functions.ts'
import type { Figure } from '../figure.ts'
import { functionEnvironment } from './environment.ts'
import { type Start, startTimes } from './start.ts'

/** Bytes of an archive and ms over an empty Node that a function which somebody waits for may have. */
const MOST_BYTES = 200 * 1000
const MOST_START_MS = 80
const WAITED_FOR = new Set(['ingest', 'speed', 'metrics'])

/** Where the bundles that are measured are: a deployment may be packaged meanwhile. */
export const MEASURED = join(BUILD, 'bench')

export function bundleOf(name: string): string {
  return join(MEASURED, name, 'index.mjs')
}

/**
 * Bundles functions; how large each archive is and how long each start takes, over that of an empty module.
 *
 * @param names default: every function
 */
export async function bundleFigures(
  contracts: string,
  rounds: number,
  names: readonly string[] = Object.keys(FUNCTIONS),
): Promise<readonly Figure[]> {
  await buildFunctions(names, MEASURED)
  const folder = await mkdtemp(join(tmpdir(), 'empty-'))
  const empty = join(folder, 'index.mjs')
  await writeFile(empty, 'export const handler = async () => {}\n')
  const modules = new Map([['', empty], ...names.map(name => [name, bundleOf(name)] as const)])
  const environment = functionEnvironment({ endpoint: 'http://127.0.0.1:9', contracts, partitions: 100 })
  const times = await startTimes(modules, environment, rounds)
  await rm(folder, { recursive: true })
  const figures = await Promise.all(names.map(name => figuresOf(name, times.get(name)!, times.get('')!)))
  return figures.flat()
}

async function figuresOf(name: string, start: Start, empty: Start): Promise<readonly Figure[]> {
  const { length: bytes } = await zipFolder(join(MEASURED, name))
  const startMs = start.clock - empty.clock
  const isWaitedFor = WAITED_FOR.has(name)
  const later = (await readdir(join(MEASURED, name))).some(file => file.startsWith('s3-objects'))
  return [
    {
      name: `${name}: archive`,
      value: bytes / 1000,
      unit: 'KB',
      ...(isWaitedFor && { target: { text: '≤ 200 KB', reached: bytes <= MOST_BYTES } }),
      ...(later && { note: "S3's client in a file of its own, loaded when needed" }),
    },
    {
      name: `${name}: start over an empty Node`,
      value: startMs,
      unit: 'ms',
      note: `${(start.cpu - empty.cpu).toFixed(0)} ms of a processor`,
      ...(isWaitedFor && { target: { text: '≤ 80 ms', reached: startMs <= MOST_START_MS } }),
    },
  ]
}
