import type { Dirent } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, normalize, relative } from 'node:path'
import { nearest } from '../../core/data/nearest.ts'
import { TributaryError } from '../../core/errors.ts'

/** What a file of declarations is, by the folder that it lies in. */
export const READ = {
  contracts: { endings: ['.ts', '.json'], define: 'defineContract' },
  metrics: { endings: ['.ts'], define: 'defineMetric' },
  schedules: { endings: ['.ts'], define: 'defineSchedule' },
  alerts: { endings: ['.ts'], define: 'defineAlert' },
  dashboards: { endings: ['.json'], define: undefined },
  sources: { endings: ['.ts'], define: 'defineSource' },
  models: { endings: ['.sql'], define: undefined },
} as const

export type Kind = keyof typeof READ

/** Folders in folders, at most; a link may lead in a circle. */
const DEEPEST = 12

/** Names that declare nothing: prose, hidden files, and backups of editors. */
const NO_DECLARATION = /^(?:(?:README|LICENSE)(?:\.(?:md|txt|rst|adoc))?|\..*|#.*#|.*~|.*\.(?:bak|orig))$/i
/** The folder of tests of declarations: `tributary test` reads it, and refuses what it cannot. */
export const TESTS = 'tests'
/** What makes the folder a package of its own. */
const OF_A_PACKAGE = /^(?:package\.json|package-lock\.json|tsconfig\.json|node_modules)$/

/**
 * Refuses a file of the pipeline folder that nothing reads, as its author believes that it declares
 * something. Read are declarations, and what they import or name by a path that begins with a dot.
 *
 * @throws TributaryError `invalid_declaration` naming the file and the remedy
 */
export async function refuseUnread(folder: string): Promise<void> {
  const files = await filesIn(folder, '', 0)
  const read = new Set<string>()
  const toRead = files.filter(isDeclaration)
  for (let file = toRead.pop(); file !== undefined; file = toRead.pop()) {
    if (read.has(file)) continue
    read.add(file)
    toRead.push(...(await namedIn(folder, file)).filter(named => files.includes(named)))
  }
  const unread = files.find(file => !read.has(file))
  if (unread === undefined) return
  const shown = relative(join(folder, '..'), join(folder, unread))
  throw new TributaryError('invalid_declaration', `${shown}: nothing reads it; ${remedyFor(unread)}`)
}

/** Does a path of the folder name a file of declarations? */
export function isDeclaration(file: string): boolean {
  const [kind = '', name = '', ...deeper] = file.split('/')
  if (!Object.hasOwn(READ, kind) || deeper.length > 0 || NO_DECLARATION.test(name)) return false
  return READ[kind as Kind].endings.some(ending => name.endsWith(ending))
}

/** Paths of all files that could declare something, sorted. */
async function filesIn(folder: string, under: string, depth: number): Promise<readonly string[]> {
  if (depth > DEEPEST)
    throw new TributaryError('invalid_declaration', `${join(folder, under)}: folders are too deep; remove it`)
  const entries = await readdir(join(folder, under), { withFileTypes: true })
  const found: string[] = []
  for (const entry of entries) {
    if (NO_DECLARATION.test(entry.name)) continue
    if (under === '' && (entry.name === TESTS || OF_A_PACKAGE.test(entry.name))) continue
    const path = under === '' ? entry.name : `${under}/${entry.name}`
    if (await isFolder(folder, path, entry)) found.push(...(await filesIn(folder, path, depth + 1)))
    else found.push(path)
  }
  return found.sort()
}

async function isFolder(folder: string, path: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory()
  // A link that leads nowhere is a file that cannot be read.
  return stat(join(folder, path)).then(
    stats => stats.isDirectory(),
    () => false,
  )
}

const NAMED = /(["'`])(\.{1,2}\/[^"'`\n]+)\1/g

/** Paths that a module names, from the folder on. */
async function namedIn(folder: string, file: string): Promise<readonly string[]> {
  if (!file.endsWith('.ts')) return []
  // What cannot be read fails where it is loaded.
  const text = await readFile(join(folder, file), 'utf8').catch(() => '')
  return [...text.matchAll(NAMED)].map(([, , named]) =>
    normalize(join(dirname(file), named!)).replaceAll('\\', '/'),
  )
}

function remedyFor(file: string): string {
  const [top = '', ...rest] = file.split('/')
  const kind = Object.hasOwn(READ, top) ? (top as Kind) : undefined
  if (rest.length === 0 || kind === undefined) return misplaced(rest.length === 0 ? '' : top)
  const { endings, define } = READ[kind]
  const name = basename(file).replace(/\.[^.]*$/, '')
  if (rest.length > 1 && endings.some(ending => file.endsWith(ending)))
    return `put it into ${kind}/ itself, whose folders are not looked into, or import it in a declaration`
  if (define === undefined)
    return `${kind} are ${endings.join(' and ')} files: write ${name}${endings[0]}, or move it out of the folder`
  const asJson = (endings as readonly string[]).includes('.json')
    ? `, or ${name}.json with the same keys`
    : ''
  return `${kind} are ${endings.join(' and ')} files: write ${name}.ts with export default ${define}({ … })${asJson}, or move it out of the folder`
}

function misplaced(top: string): string {
  const near = top === '' ? undefined : nearest(top.toLowerCase(), Object.keys(READ))
  if (near !== undefined) return `did you mean ${near}/?`
  return `declarations are in ${Object.keys(READ).join('/, ')}/; put it there, import it in one, or move it out of the folder`
}
