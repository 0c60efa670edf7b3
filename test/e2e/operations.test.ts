import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './ministack/package.ts'
import { DRILLS } from './operations/drills.ts'
import { ELSEWHERE } from './operations/elsewhere.ts'
import { quoted, ROWS } from './operations/page.ts'

/** What is drilled; the drills themselves take half an hour: `npm run test:operations`. */

test('every alarm of the page is drilled, or it is said why not and what shows it instead', () => {
  const named = ROWS.flatMap(({ alarms }) => alarms)
  expect(named.length).toBeGreaterThan(30)
  const drilled = DRILLS.flatMap(({ alarms }) => alarms)
  expect([...drilled, ...Object.keys(ELSEWHERE)].toSorted()).toEqual(named.toSorted())
  const page = readFileSync(join(ROOT, 'docs', 'documents-only.md'), 'utf8')
  const part = page.split('## Alarms that nobody has brought about\n')[1]!.split('\n## ')[0]!
  const listed = part
    .split('\n')
    .filter(line => line.startsWith('| `'))
    .flatMap(line => quoted(line.split(' | ')[0]!))
  expect(listed.toSorted()).toEqual(Object.keys(ELSEWHERE).toSorted())
  for (const [alarm, { shown }] of Object.entries(ELSEWHERE))
    if (shown !== undefined) expect(readFileSync(join(ROOT, shown.file), 'utf8'), alarm).toContain(shown.by)
})

test.each(DRILLS)('what is run for $alarms stands in their rows, word for word', ({ alarms, commands }) => {
  const rows = ROWS.filter(row => alarms.some(alarm => row.alarms.includes(alarm)))
  const shown = rows.flatMap(row => row.commands)
  // `runs show` after `npx tributary runs list` is short for the whole.
  const whole = shown.map(text => text.replace(/^runs /, 'npx tributary runs '))
  for (const command of commands) expect(whole).toContain(command)
})
