import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import { loadPipeline } from '../drivers/pipeline/folder.ts'
import { generatedFiles } from './generate/files.ts'
import { readMachines } from './generate/machine-files.ts'

/** What differs from what is checked in: paths below resources/generated. */
type Difference = { readonly changed: readonly string[]; readonly stale: readonly string[] }

/** Names of the functions declared in resources/functions, in order. */
export async function functionNames(root: string): Promise<readonly string[]> {
  const folder = join(root, 'resources', 'functions')
  const texts = await Promise.all(
    (await readdir(folder)).sort().map(file => readFile(join(folder, file), 'utf8')),
  )
  // Tags such as !Ref are CloudFormation's; only the names matter here.
  return texts.flatMap(text => Object.keys(parse(text, { logLevel: 'silent' }) as object))
}

/** The generated files of a project as they should be. */
export async function generate(root: string): Promise<ReadonlyMap<string, string>> {
  return generatedFiles({
    pipeline: await loadPipeline(join(root, 'pipeline')),
    machines: await readMachines(join(root, 'state-machines')),
    functions: await functionNames(root),
  })
}

/** Compares with what is there. */
export async function compare(root: string, files: ReadonlyMap<string, string>): Promise<Difference> {
  const folder = join(root, 'resources', 'generated')
  const present = (await readdir(folder, { recursive: true })).filter(path => path.endsWith('.yml'))
  const texts = new Map(
    await Promise.all(present.map(async path => [path, await readFile(join(folder, path), 'utf8')] as const)),
  )
  return {
    changed: [...files.keys()].filter(path => texts.get(path) !== files.get(path)),
    stale: present.filter(path => !files.has(path)),
  }
}

async function write(root: string, files: ReadonlyMap<string, string>, { changed, stale }: Difference) {
  const folder = join(root, 'resources', 'generated')
  await Promise.all(stale.map(path => rm(join(folder, path))))
  for (const path of changed) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), files.get(path)!)
  }
}

/** `node deploy/generate.ts [--check]`: writes resources/generated, or fails when it is not what the declarations say. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
  const root = resolve(import.meta.dirname, '..')
  const files = await generate(root)
  const difference = await compare(root, files)
  const { changed, stale } = difference
  if (!values.check) await write(root, files, difference)
  const what = [...changed, ...stale].map(path => `  ${path}\n`).join('')
  const verb = values.check ? 'differ; run npm run generate' : 'written'
  process.stdout.write(
    changed.length + stale.length === 0
      ? `resources/generated: ${files.size} files, up to date\n`
      : `resources/generated: ${changed.length + stale.length} files ${verb}\n${what}`,
  )
  if (values.check && what !== '') process.exitCode = 1
}

if (import.meta.main) await main()
