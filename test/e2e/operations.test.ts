import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { installAwsCli } from '../engines/aws-cli/install.ts'
import { installMinistack } from '../engines/ministack/install.ts'
import { ROOT } from './ministack/package.ts'
import { until } from './ministack/until.ts'
import { DRILLS, type Drill } from './operations/drills.ts'
import { ELSEWHERE } from './operations/elsewhere.ts'
import { quoted, ROWS } from './operations/page.ts'
import { type DrillStage, openDrillStage } from './operations/stage.ts'

const TITLE = 'docs/operations.md, followed on a stage that is deployed to MiniStack'
const DEPLOY_MS = 600_000
const DRILL_MS = 480_000
const ALARM_MS = 90_000

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

const [installed, cli] = [await installMinistack(), await installAwsCli()]
if ('reason' in installed || 'reason' in cli) {
  const reason = [installed, cli].map(one => ('reason' in one ? one.reason : '')).join(' ')
  console.warn(`skipped: ${TITLE}: ${reason}`)
  test.skip(`${TITLE}: ${reason}`)
} else describe(TITLE, () => follow(installed.python, cli))

function follow(python: string, aws: { readonly bin: string }): void {
  let stage: DrillStage
  beforeAll(async () => {
    stage = await openDrillStage(python, aws)
  }, DEPLOY_MS)
  afterAll(() => stage?.close())

  const namesOf = ({ alarms, of }: Drill) => alarms.map(name => (name.startsWith('<') ? of! : name))

  it.each(DRILLS)('$alarms: tells, and what is run ends it', { timeout: DRILL_MS }, async drill => {
    const begun = Date.now()
    const mend = await drill.bring(stage)
    const states = async (since: number) => {
      const values = await drill.metrics(stage, since)
      return Object.fromEntries(namesOf(drill).map(name => [name, stage.stateAt(name, values)]))
    }
    const all = (state: string) => Object.fromEntries(namesOf(drill).map(name => [name, state]))
    await until('the alarms tell', ALARM_MS, async () => expect(await states(begun)).toEqual(all('ALARM')))
    await mend()
    const acted = Date.now()
    for (const command of drill.commands)
      if (/ runs start /.test(command))
        expect(await stage.runMachine(command)).toMatchObject({ status: 'succeeded' })
      else await stage.run(command)
    await drill.instead?.(stage)
    await drill.gone(stage)
    await until('the alarms are quiet', ALARM_MS, async () => expect(await states(acted)).toEqual(all('OK')))
  })
}
