import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { type BuildOptions, build, type Metafile } from 'esbuild'
import { kebab } from './generate/functions.ts'

const ROOT = resolve(import.meta.dirname, '..')

/** Where the composed handlers stand, one generated file a function. */
export const ENTRIES = join(ROOT, 'functions', 'entries')

/** What stands for a package in bundles. */
const ALIASES = {
  '@duckdb/node-api': join(ROOT, 'layers', 'duckdb', 'node-api.cjs'),
  '@aws-sdk/credential-provider-node': join(import.meta.dirname, 'env-credentials.ts'),
}

/**
 * Gives CommonJS packages inside an ES module the `require` that they load Node's own modules with. esbuild
 * does not know this name, so it is longer than any that it makes up when it shortens names.
 */
const REQUIRE =
  "import{createRequire as requireMaker}from'node:module';const require=requireMaker(import.meta.url);"

/**
 * Bundles one function to `<out>/index.mjs`, and what it loads later beside it, with what its handler uses
 * and nothing else. Lambda's own copy of the SDK is not used: it changes without us and loads slower than a
 * bundled one.
 *
 * @returns what esbuild knows of the bundle, to look for what is heavy
 * @throws Error naming the entry that is missing, or what does not resolve
 */
export async function buildFunction(name: string, out: string, entries = ENTRIES): Promise<Metafile> {
  const file = `${kebab(name)}.ts`
  const entry = join(entries, file)
  if (!existsSync(entry))
    throw new Error(
      `function ${name} has no entry functions/entries/${file}; give it a row in functions/routes/`,
    )
  await rm(out, { recursive: true, force: true })
  const options = optionsOf(entry, out)
  try {
    const { metafile } = await build(options)
    if (!requiresBuiltins(metafile)) return await withoutStrays(metafile)
    await rm(out, { recursive: true })
    return await withoutStrays((await build({ ...options, banner: { js: REQUIRE } })).metafile)
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`function ${name} cannot be bundled: ${problem}`, { cause })
  }
}

/**
 * Removes the files that nothing loads: esbuild writes one for every `import()`, also in code that it has
 * left out.
 */
async function withoutStrays({ inputs, outputs }: Metafile): Promise<Metafile> {
  const loaded = new Set<string>()
  const visit = (path: string): void => {
    if (loaded.has(path)) return
    loaded.add(path)
    for (const { path: next, external } of outputs[path]!.imports) if (external !== true) visit(next)
  }
  visit(Object.keys(outputs).find(path => basename(path) === 'index.mjs')!)
  const strays = Object.keys(outputs).filter(path => !loaded.has(path))
  await Promise.all(strays.map(path => rm(join(ROOT, path))))
  return { inputs, outputs: Object.fromEntries(Object.entries(outputs).filter(([path]) => loaded.has(path))) }
}

function optionsOf(entry: string, outdir: string) {
  return {
    entryPoints: [entry],
    outdir,
    entryNames: 'index',
    outExtension: { '.js': '.mjs' },
    // What is imported when it is needed stays in files of its own.
    splitting: true,
    chunkNames: '[name]-[hash]',
    absWorkingDir: ROOT,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // ES modules first: only they can be shaken down to the commands in use.
    mainFields: ['module', 'main'],
    alias: ALIASES,
    minify: true,
    legalComments: 'none',
    charset: 'utf8',
    metafile: true,
    logLevel: 'silent',
  } as const satisfies BuildOptions
}

function requiresBuiltins({ outputs }: Metafile): boolean {
  return Object.values(outputs).some(({ imports }) =>
    imports.some(({ kind, external }) => kind === 'require-call' && external === true),
  )
}
