import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A block of a page that names a file: the whole of a new one, or a change of one that is there. */
export type Block = { readonly path: string; readonly kind: 'file' | 'change'; readonly text: string }

/** Blocks of a page that name a file after their language, by the heading they stand under. */
export function blocksByHeading(page: string): ReadonlyMap<string, readonly Block[]> {
  const sections = page.split(/^## /m).slice(1)
  return new Map(sections.map(section => [section.slice(0, section.indexOf('\n')), blocksIn(section)]))
}

function blocksIn(section: string): readonly Block[] {
  const fences = section.matchAll(/^```(ts|diff) (\S+)\n(.*?)^```$/gms)
  return [...fences].map(([, language, path, text]) => ({
    path: path!,
    kind: language === 'diff' ? 'change' : 'file',
    text: text!,
  }))
}

/** Does in a folder what a block says. */
export function apply(folder: string, { path, kind, text }: Block): void {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, kind === 'file' ? text : changed(readFileSync(file, 'utf8'), path, text))
}

/**
 * Hunks as in a diff: lines that are there begin with a blank or, where they go, a minus; new ones with a
 * plus.
 */
function changed(before: string, path: string, hunks: string): string {
  return hunks.split(/^@@\n/m).reduce((source, hunk) => {
    const lines = hunk.trimEnd().split('\n')
    const there = linesWith(' -', lines)
    if (source.split(there).length !== 2) throw new Error(`${path} does not hold once:\n${there}`)
    return source.replace(there, () => linesWith(' +', lines))
  }, before)
}

function linesWith(marks: string, lines: readonly string[]): string {
  return lines
    .filter(line => marks.includes(line[0]!))
    .map(line => `${line.slice(1)}\n`)
    .join('')
}
