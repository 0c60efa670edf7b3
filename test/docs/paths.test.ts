import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
const PAGES = globSync('{*.md,docs/*.md}', { cwd: ROOT }).filter(page => page !== 'CHANGELOG.md')

/** Paths of the project that a page names in code: they begin with one of its folders. */
function pathsIn(page: string): readonly string[] {
  const folders = 'core|steps|drivers|functions|local|state-machines|resources|layers|deploy|test|bench|docs'
  const text = readFileSync(join(ROOT, page), 'utf8').replaceAll(/```.*?```/gs, '')
  const named = text.matchAll(new RegExp(`[\`\\s]((?:${folders})/[A-Za-z0-9_./<>{},*-]*)`, 'g'))
  return [...named].map(match => match[1]!.replace(/[.,]+$/, ''))
}

/** `<kind>` stands for any name. */
function exists(path: string): boolean {
  if (!/[<*{]/.test(path)) return existsSync(join(ROOT, path))
  return globSync(path.replaceAll(/<[^>]*>/g, '*'), { cwd: ROOT }).length > 0
}

test.each(PAGES)('every path that %s names is there', page => {
  expect(pathsIn(page).filter(path => !exists(path))).toEqual([])
})
