import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'

/**
 * The dependency rule of the house, checked: which folder may import which (docs/decisions/0001-layout.md).
 * Run by `npm run check`.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: ['core'],
  pipeline: ['pipeline', 'core'],
  examples: ['examples', 'core'],
  steps: ['steps', 'core'],
  drivers: ['drivers', 'core'],
  functions: ['functions', 'steps', 'drivers', 'pipeline', 'core'],
  local: ['local', 'functions', 'steps', 'drivers', 'pipeline', 'core', 'state-machines'],
  // The page in the browser: of core it may know types and FOLLOW alone, and no other code of the platform.
  console: ['console', 'core'],
  layers: ['layers', 'drivers', 'core'],
  deploy: ['deploy', 'functions', 'layers', 'drivers', 'pipeline', 'core', 'state-machines'],
  // The benchmarks measure what is deployed, on the engines of the tests.
  bench: [
    ...['bench', 'deploy', 'layers', 'local', 'functions', 'steps', 'drivers', 'pipeline', 'core'],
    ...['state-machines', 'test'],
  ],
}

/** What the page shares with other readers of streams: small, and made of nothing else. */
const FOLLOW = 'core/follow/'

/** What core may take from outside: pure computation only. */
const CORE_PACKAGES = new Set(['node:crypto', 'node:zlib', 'typebox', 'avsc/etc/browser/avsc-types.js'])

const root = resolve(import.meta.dirname, '..')
const problems = Object.keys(MAY_IMPORT).flatMap(folder => filesIn(join(root, folder)).flatMap(problemsOf))
for (const problem of problems) process.stderr.write(`${problem}\n`)
process.stdout.write(`dependency rule: ${problems.length === 0 ? 'kept' : `${problems.length} broken`}\n`)
process.exitCode = problems.length === 0 ? 0 : 1

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => /\.tsx?$/.test(name) && !name.startsWith(`dist${sep}`))
    .map(name => join(folder, name))
}

function problemsOf(file: string): readonly string[] {
  const from = topFolder(file)
  const name = relative(root, file)
  return importsOf(readFileSync(file, 'utf8')).flatMap(({ specifier, isTypeAlone }) => {
    if (!specifier.startsWith('.')) {
      const isPure = from !== 'core' || CORE_PACKAGES.has(specifier)
      return isPure ? [] : [`${name}: core may not import ${specifier}; it is pure domain`]
    }
    const to = topFolder(resolve(dirname(file), specifier))
    if (from === 'console' && to === 'core' && !isTypeAlone && !specifier.includes(FOLLOW))
      return [`${name}: console may import types of core alone, and ${FOLLOW} (${specifier})`]
    return MAY_IMPORT[from]!.includes(to) ? [] : [`${name}: ${from} may not import ${to} (${specifier})`]
  })
}

type Import = { readonly specifier: string; readonly isTypeAlone: boolean }

function importsOf(source: string): readonly Import[] {
  // The formatter writes one import a statement, its end on a line that begins with import, export or }.
  const pattern = /^(?:import|export|\})[^'\n]*\bfrom '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm
  return [...source.matchAll(pattern)].map(match => ({
    specifier: (match[1] ?? match[2] ?? match[3])!,
    isTypeAlone: /^(?:import|export) type /.test(match[0]),
  }))
}

function topFolder(path: string): string {
  return relative(root, path).split(sep)[0]!
}
