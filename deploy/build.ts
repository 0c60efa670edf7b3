import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { buildContractsLayer } from '../layers/contracts/build.ts'
import { buildDuckdbLayer } from '../layers/duckdb/build.ts'
import { ARCHITECTURES, type Architecture } from '../layers/duckdb/packages.ts'
import { buildFunction } from './build-functions.ts'
import { zipFolder } from './build-zip.ts'
import { FUNCTIONS } from './generate/functions.ts'

const ROOT = resolve(import.meta.dirname, '..')

/** Where everything built goes; not checked in. */
export const BUILD = join(ROOT, '.build')

/** Folder of each layer, which Lambda shows as /opt. */
export const LAYERS = {
  contracts: join(BUILD, 'layers', 'contracts'),
  duckdb: join(BUILD, 'layers', 'duckdb'),
} as const
export type Layer = keyof typeof LAYERS

/** Builds a layer's folder. The DuckDB layer is the only thing that depends on the architecture. */
export async function buildLayer(layer: Layer, architecture: Architecture): Promise<string> {
  const out = LAYERS[layer]
  if (layer === 'contracts') await buildContractsLayer({ pipeline: join(ROOT, 'pipeline'), out })
  else await buildDuckdbLayer({ architecture, out, cache: join(BUILD, 'cache') })
  return out
}

/** Bundles functions to `.build/<name>/index.mjs`, or to another folder than `.build`. */
export async function buildFunctions(names: readonly string[], folder = BUILD): Promise<void> {
  await Promise.all(names.map(name => buildFunction(name, join(folder, name))))
}

/**
 * Packs a built folder into an archive, the same bytes for the same content. `prefix` goes before every name.
 */
export async function pack(folder: string, archive: string, prefix = ''): Promise<string> {
  await mkdir(dirname(archive), { recursive: true })
  await writeFile(archive, await zipFolder(folder, prefix))
  return archive
}

/** An architecture as Lambda names it. */
export function architectureOf(text: string | undefined): Architecture {
  const architecture = ARCHITECTURES.find(one => one === text)
  if (architecture !== undefined) return architecture
  throw new Error(`architecture "${text}" is unknown; use ${ARCHITECTURES.join(' or ')}`)
}

/** `node deploy/build.ts [--arch arm64|x86_64] [function …]`: all functions unless named, and both layers. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { arch: { type: 'string', default: 'arm64' } },
    allowPositionals: true,
  })
  const architecture = architectureOf(values.arch)
  const names = positionals.length > 0 ? positionals : Object.keys(FUNCTIONS)
  await buildFunctions(names)
  await buildLayer('contracts', architecture)
  await buildLayer('duckdb', architecture)
  process.stdout.write(
    `.build: ${names.length} functions, the contracts layer, the DuckDB layer for ${architecture}\n`,
  )
}

if (import.meta.main)
  await main().catch((error: Error) => {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  })
