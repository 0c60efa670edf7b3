import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { problemBody } from '../../core/api/problem-body.ts'
import { ERROR_CODES, TributaryError } from '../../core/errors.ts'

const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'problems')
const pageOf = (name: string) => readFileSync(join(FOLDER, `${name}.md`), 'utf8')

test('every code of a problem has a page, and every page a code', () => {
  const pages = readdirSync(FOLDER).filter(name => name !== 'README.md')
  expect(pages.sort()).toEqual(ERROR_CODES.map(code => `${code}.md`).sort())
})

test.each(ERROR_CODES)('the page of %s and its line say what answers say', code => {
  const error = new TributaryError(code, 'detail')
  const { type, status, title } = problemBody(error)
  const again = error.retryable ? 'yes' : 'no'
  const page = pageOf(code)
  expect(page.startsWith(`# ${code}\n\n${title}.\n`)).toBe(true)
  expect(page).toContain(`| \`${type}\` | ${status} | ${again} |`)
  expect(page).toMatch(/\*\*What happened\.\*\* \S.*\n\n\*\*What to do\.\*\* \S/)
  expect(pageOf('README')).toContain(`| [${code}](${code}.md) | ${status} | ${again} | ${title} |`)
})
