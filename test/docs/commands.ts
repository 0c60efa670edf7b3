import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { commandLines } from './command-lines.ts'

const ROOT = resolve(import.meta.dirname, '../..')

/** Pages whose commands are run, in the order in which they are read. */
export const PAGES = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/*.md', { cwd: ROOT }).sort()]

/** A command as readers see it. */
export type DocCommand = {
  readonly text: string
  /** What the page says that it prints: `…` stands for anything. */
  readonly shows: string | undefined
}

/** Commands that share a shell: those of one fence, or one that stands in the text. */
export type DocBlock = {
  readonly page: string
  readonly line: number
  readonly commands: readonly DocCommand[]
}

/** A fence of a page: what follows the backticks, and its text. */
export type Fence = { readonly page: string; readonly info: string; readonly text: string }

/** All fences of a page. */
export function fencesOf(page: string): readonly Fence[] {
  return [...sourceOf(page).matchAll(FENCE)].map(([, info, text]) => ({ page, info: info!, text: text! }))
}

/**
 * The commands of a page in its order: fences of the language `sh`, and code in the text that begins with the
 * name of a program and has arguments. Full-line comments below a command of a fence are what it prints.
 */
export function blocksOf(page: string): readonly DocBlock[] {
  const source = sourceOf(page)
  const lineAt = (offset: number) => source.slice(0, offset).split('\n').length
  const fences = [...source.matchAll(FENCE)]
    .filter(([, info]) => info === 'sh')
    .map(match => ({ at: match.index, commands: commandLines(match[2]!) }))
  // Fences are blanked, so that offsets stay.
  const prose = source.replaceAll(FENCE, fence => fence.replaceAll(/[^\n]/g, ' '))
  const inline = [...prose.matchAll(/`([^`\n]+)`/g)]
    .filter(([, code]) => isCommand(code!))
    .map(match => ({ at: match.index, commands: [{ text: inFull(match[1]!), shows: undefined }] }))
  return [...fences, ...inline]
    .sort((a, b) => a.at - b.at)
    .map(({ at, commands }) => ({ page, line: lineAt(at), commands }))
}

const FENCE = /^```([^\n]*)\n(.*?)^```$/gms

const PROGRAMS = 'npx|npm|node|aws|curl|psql|rsync|cp|setfacl'
/** Commands of `tributary` that a text names without `npx tributary`, once it has named it. */
const SHORT = 'runs (?:list|show|start|follow)|rejected (?:list|replay)|contracts check'

/** Settings may stand in front of the program, and `… |` for whatever feeds it. */
function isCommand(code: string): boolean {
  return new RegExp(`^(?:\\w+=\\S.* |… \\| )?(?:${PROGRAMS}) \\S|^(?:${SHORT})\\b`).test(code)
}

function inFull(code: string): string {
  return new RegExp(`^(?:${SHORT})\\b`).test(code) ? `npx tributary ${code}` : code
}

function sourceOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8')
}
