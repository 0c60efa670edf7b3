import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Architecture, BINARIES, DUCKDB, type Pinned } from './packages.ts'

const run = promisify(execFile)

/** A download of 20 MB over a slow line. */
const FETCH_MS = 180_000

/** A function and its layers, unzipped: AWS Lambda quota; half of it is left to the other layers. */
const MAX_BYTES = 125 * 1024 * 1024

/** What a package has for people and compilers only. */
const NOT_NEEDED = /\.(?:d\.ts|map|md)$/

/**
 * Writes the DuckDB layer for an architecture, from the archives of the npm registry whose hashes stand in
 * `packages.ts`.
 *
 * @throws Error naming the package that cannot be had or is not the one that was pinned
 */
export async function buildDuckdbLayer(options: {
  readonly architecture: Architecture
  /** The layer's root: what Lambda shows as /opt. */
  readonly out: string
  /** Where archives are kept between builds. */
  readonly cache: string
}): Promise<void> {
  await rm(options.out, { recursive: true, force: true })
  await mkdir(options.cache, { recursive: true })
  for (const pinned of [...DUCKDB, BINARIES[options.architecture]]) {
    const folder = join(options.out, 'nodejs', 'node_modules', pinned.name)
    await mkdir(folder, { recursive: true })
    const archive = await archiveOf(pinned, options.cache)
    await run('tar', ['-xzf', archive, '-C', folder, '--strip-components=1', '--no-same-owner'])
  }
  await strip(options.out)
}

/** The package's archive, downloaded once and checked every time. */
async function archiveOf(pinned: Pinned, cache: string): Promise<string> {
  const archive = join(cache, `${pinned.name.replace('@', '').replace('/', '-')}-${pinned.version}.tgz`)
  if (!(await isThere(archive))) await download(pinned, cache, archive)
  const digest = `sha512-${await sha512(archive)}`
  if (digest === pinned.integrity) return archive
  await rm(archive)
  throw new Error(
    `${pinned.name}@${pinned.version} is not the package that layers/duckdb/packages.ts pins; build again, and if it stays so, do not deploy`,
  )
}

async function download({ name, version }: Pinned, cache: string, archive: string): Promise<void> {
  const aside = await mkdtemp(join(cache, 'download-'))
  try {
    await run('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', aside], {
      timeout: FETCH_MS,
    })
    const [file] = await readdir(aside)
    if (file === undefined) throw new Error('npm pack left no archive')
    await rename(join(aside, file), archive)
  } catch (cause) {
    throw new Error(`${name}@${version} cannot be had from the npm registry; check the network`, { cause })
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

async function sha512(path: string): Promise<string> {
  const hash = createHash('sha512')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('base64')
}

async function strip(out: string): Promise<void> {
  let bytes = 0
  for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    if (NOT_NEEDED.test(entry.name)) await rm(path)
    else bytes += (await stat(path)).size
  }
  if (bytes > MAX_BYTES)
    throw new Error(
      `the DuckDB layer has ${bytes} bytes, more than ${MAX_BYTES}: Lambda would refuse the function`,
    )
}
