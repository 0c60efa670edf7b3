import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { loadPipeline } from '../drivers/pipeline/folder.ts'
import { generatedFiles } from './generate/files.ts'
import { readMachines } from './generate/machine-files.ts'

/** What differs from what is checked in: paths. */
type Difference = { readonly changed: readonly string[]; readonly stale: readonly string[] }

/** Folders that hold nothing but generated files, and their ending. */
const FOLDERS = [
  ['resources/generated', '.yml'],
  ['functions/entries', '.ts'],
] as const

/** The generated files of a project as they should be. */
export async function generate(root: string): Promise<ReadonlyMap<string, string>> {
  return generatedFiles({
    pipeline: await loadPipeline(join(root, 'pipeline')),
    machines: await readMachines(join(root, 'state-machines')),
  })
}

/** Compares with what is there. */
export async function compare(root: string, files: ReadonlyMap<string, string>): Promise<Difference> {
  const present = (await Promise.all(FOLDERS.map(([folder, ending]) => listed(root, folder, ending)))).flat()
  const texts = new Map(
    await Promise.all(present.map(async path => [path, await readFile(join(root, path), 'utf8')] as const)),
  )
  return {
    changed: [...files.keys()].filter(path => texts.get(path) !== files.get(path)),
    stale: present.filter(path => !files.has(path)),
  }
}

async function listed(root: string, folder: string, ending: string): Promise<readonly string[]> {
  const names = await readdir(join(root, folder), { recursive: true })
  return names.filter(name => name.endsWith(ending)).map(name => `${folder}/${name}`)
}

async function write(root: string, files: ReadonlyMap<string, string>, { changed, stale }: Difference) {
  await Promise.all(stale.map(path => rm(join(root, path))))
  for (const path of changed) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), files.get(path)!)
  }
}

/**
 * `node deploy/generate.ts [--check]`: writes the generated files, or fails when they are not what the
 * declarations say.
 */
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
      ? `${files.size} generated files, up to date\n`
      : `${changed.length + stale.length} of ${files.size} generated files ${verb}\n${what}`,
  )
  if (values.check && what !== '') process.exitCode = 1
}

if (import.meta.main) await main()
