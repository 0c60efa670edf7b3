import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { installAwsCli } from '../../engines/aws-cli/install.ts'
import { installMinistack } from '../../engines/ministack/install.ts'
import { until } from '../ministack/until.ts'
import type { Drill } from './drill.ts'
import { DRILLS } from './drills.ts'
import { type DrillStage, openDrillStage } from './stage.ts'

const TITLE = 'docs/operations.md, followed on a stage that is deployed to MiniStack'
const DEPLOY_MS = 1_200_000
const DRILL_MS = 900_000
const ALARM_MS = 180_000

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
