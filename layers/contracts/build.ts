import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { build, type Plugin } from 'esbuild'
import { compilePipeline, type Pipeline } from '../../core/declare/pipeline.ts'
import { TributaryError } from '../../core/errors.ts'
import { CONTRACTS_PACKAGE } from '../../drivers/pipeline/compiled-package.ts'
import { type Declarations, loadDeclarations } from '../../drivers/pipeline/folder.ts'
import { validatorName } from '../../drivers/validators/standalone.ts'
import { standaloneCode } from '../../drivers/validators/standalone-code.ts'

const ROOT = resolve(import.meta.dirname, '..', '..')
const VALIDATORS = join(ROOT, 'drivers', 'validators')

/**
 * Writes the contracts layer: one package that exports the pipeline and a standalone validator a contract.
 * The declarations are evaluated here, so that neither TypeBox nor Ajv is loaded on Lambda.
 *
 * @returns the path of its module
 * @throws TributaryError `invalid_declaration`
 */
export async function buildContractsLayer(options: {
  /** The folder a user edits. */
  readonly pipeline: string
  /** The layer's root: what Lambda shows as /opt. */
  readonly out: string
}): Promise<string> {
  const folder = join(options.out, 'nodejs', 'node_modules', CONTRACTS_PACKAGE)
  await rm(options.out, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const manifest = { name: CONTRACTS_PACKAGE, type: 'module', main: 'index.mjs' }
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest)}\n`)
  const module = join(folder, 'index.mjs')
  await writeContracts(await loadDeclarations(options.pipeline), module)
  return module
}

/** Writes the module of the layer; what it exports is `CompiledContracts`. */
export async function writeContracts(declarations: Declarations, outfile: string): Promise<void> {
  const pipeline = compilePipeline(declarations)
  await build({
    stdin: { contents: entryOf(plain(declarations), pipeline), resolveDir: ROOT, sourcefile: 'contracts.js' },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minify: true,
    legalComments: 'none',
    logLevel: 'error',
    plugins: [writtenValidators(pipeline)],
  })
}

/** The declarations, as data: what JSON cannot carry would be missing on Lambda only. */
function plain(declarations: Declarations): Declarations {
  const copy = JSON.parse(JSON.stringify(declarations)) as Declarations
  for (const kind of [
    'contracts',
    'metrics',
    'schedules',
    'alerts',
    'dashboards',
    'sources',
    'models',
  ] as const)
    for (const [i, { file, declaration }] of (declarations[kind] ?? []).entries())
      if (!isDeepStrictEqual(withoutUndefined(declaration), copy[kind]?.[i]?.declaration))
        throw new TributaryError(
          'invalid_declaration',
          `${file}: holds something that is not plain data; use only what JSON can carry`,
        )
  return copy
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined)
  if (typeof value !== 'object' || value === null || value.constructor !== Object) return value
  const present = Object.entries(value).filter(([, one]) => one !== undefined)
  return Object.fromEntries(present.map(([key, one]) => [key, withoutUndefined(one)]))
}

function entryOf(declarations: Declarations, { contracts }: Pipeline): string {
  const names = contracts.map(validatorName)
  return [
    "import { compilePipeline } from './core/declare/pipeline.ts'",
    "import { createStandaloneValidators } from './drivers/validators/standalone.ts'",
    ...names.map((name, i) => `import v${i} from ${JSON.stringify(`validator:${name}`)}`),
    `export const pipeline = compilePipeline(JSON.parse(${JSON.stringify(JSON.stringify(declarations))}))`,
    `export const validators = createStandaloneValidators({${names.map((name, i) => `${JSON.stringify(name)}: v${i}`).join(', ')}})`,
  ].join('\n')
}

/** Resolves `validator:<name>` to the code of a contract's validator. */
function writtenValidators({ contracts }: Pipeline): Plugin {
  const byName = new Map(contracts.map(contract => [validatorName(contract), contract]))
  return {
    name: 'written-validators',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^validator:/ }, ({ path }) => ({
        path: path.slice('validator:'.length),
        namespace: 'validator',
      }))
      onLoad({ filter: /.*/, namespace: 'validator' }, ({ path }) => ({
        contents: standaloneCode(byName.get(path)!),
        loader: 'js',
        resolveDir: VALIDATORS,
      }))
    },
  }
}
