import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { loadPipeline } from '../drivers/pipeline/folder.ts'
import { backfillMachine } from './generate/backfill-machine.ts'
import { generatedFiles } from './generate/files.ts'
import { withLambdaErrors } from './generate/lambda-errors.ts'
import { readMachines } from './generate/machine-files.ts'

/** What differs from what is checked in: paths. */
type Difference = { readonly changed: readonly string[]; readonly stale: readonly string[] }

/** Folders that hold nothing but generated files, and their ending. */
const FOLDERS = [
  ['resources/generated', '.yml'],
  ['functions/entries', '.ts'],
] as const

const BATCH = 'state-machines/batch.asl.json'
const BACKFILL = 'state-machines/backfill.asl.json'

/**
 * State machines as they should be: with one list of the errors that are tried again, and the one that is
 * generated from another. The template follows from them.
 */
export async function generateMachines(root: string): Promise<ReadonlyMap<string, string>> {
  const files = (await listed(root, 'state-machines', '.asl.json')).filter(path => path !== BACKFILL)
  const machines = new Map<string, string>()
  for (const path of files.toSorted())
    machines.set(path, withLambdaErrors(await readFile(join(root, path), 'utf8')))
  return machines.set(BACKFILL, backfillMachine(machines.get(BATCH)!))
}

/** The generated files of the template, and the entries of its functions, as they should be. */
export async function generate(root: string): Promise<ReadonlyMap<string, string>> {
  return generatedFiles({
    pipeline: await loadPipeline(join(root, 'pipeline')),
    machines: await readMachines(join(root, 'state-machines')),
  })
}

/** Compares with what is there. `folders`: those that hold nothing but these files. */
export async function compare(
  root: string,
  files: ReadonlyMap<string, string>,
  folders: readonly (readonly [folder: string, ending: string])[] = FOLDERS,
): Promise<Difference> {
  const present = (await Promise.all(folders.map(([folder, ending]) => listed(root, folder, ending)))).flat()
  const isSame = await Promise.all(
    [...files].map(
      async ([path, text]) => (await readFile(join(root, path), 'utf8').catch(() => '')) === text,
    ),
  )
  return {
    changed: [...files.keys()].filter((_, i) => !isSame[i]),
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
  // The template follows from the machines, so that these are written first.
  await settle(root, await generateMachines(root), [], values.check)
  await settle(root, await generate(root), FOLDERS, values.check)
}

async function settle(
  root: string,
  files: ReadonlyMap<string, string>,
  folders: typeof FOLDERS | readonly [],
  isCheck: boolean,
): Promise<void> {
  const difference = await compare(root, files, folders)
  const paths = [...difference.changed, ...difference.stale]
  if (!isCheck) await write(root, files, difference)
  const verb = isCheck ? 'differ; run npm run generate' : 'written'
  process.stdout.write(
    paths.length === 0
      ? `${files.size} generated files, up to date\n`
      : `${paths.length} of ${files.size} generated files ${verb}\n${paths.map(path => `  ${path}\n`).join('')}`,
  )
  if (isCheck && paths.length > 0) process.exitCode = 1
}

if (import.meta.main) await main()
