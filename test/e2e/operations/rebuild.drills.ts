import { afterAll, describe, expect, it, test } from 'vitest'
import { installAwsCli } from '../../engines/aws-cli/install.ts'
import { installMinistack } from '../../engines/ministack/install.ts'
import type { Run } from '../ministack/api.ts'
import { linesUnder } from '../ministack/raw-lake.ts'
import { until } from '../ministack/until.ts'
import { stopBatches } from './break.ts'
import { copyLake, putLake } from './lake-copy.ts'
import { commandsBelow } from './page.ts'
import { type DrillStage, openDrillStage, openSource } from './stage.ts'

const TITLE = 'a stage on MiniStack, made anew from a copy of its lake as docs/operations.md says'
const SECTION = 'A stage from a copy of its lake'
const DEPLOY_MS = 1_200_000
const PATIENCE_MS = 300_000

const [installed, cli] = [await installMinistack(), await installAwsCli()]
if ('reason' in installed || 'reason' in cli) {
  const reason = [installed, cli].map(one => ('reason' in one ? one.reason : '')).join(' ')
  console.warn(`skipped: ${TITLE}: ${reason}`)
  test.skip(`${TITLE}: ${reason}`)
} else describe(TITLE, () => rebuild(installed.python, cli))

const runsOf = async ({ platform }: DrillStage) =>
  (await platform.api.get<{ runs: Run[] }>('/v1/runs?limit=100')).runs

/** Ids of the events that are in the raw lake. */
async function rawIds({ platform }: DrillStage): Promise<ReadonlySet<string>> {
  const lines = await linesUnder(platform.s3, platform.lake, 'raw/')
  return new Set(lines.map(line => (JSON.parse(line) as { id: string }).id))
}

function rebuild(python: string, aws: { readonly bin: string }): void {
  const source = openSource()
  let stage: DrillStage | undefined
  let copy: Awaited<ReturnType<typeof copyLake>> = []
  let before: object = {}
  afterAll(() => stage?.close())

  /** Epochs that batches have published, and one that is in the lake alone; then the stage is gone. */
  async function lose(): Promise<void> {
    const old = await openDrillStage(python, aws, source)
    try {
      await old.send(200)
      await until('batches of the schedule are exact', PATIENCE_MS, () => old.isExact('batch'))
      await stopBatches(old)
      await until('no run is under way', PATIENCE_MS, async () =>
        expect((await runsOf(old)).filter(({ status }) => status === 'running')).toEqual([]),
      )
      await old.send(60)
      await old.isExact('merged')
      const sent = new Set(source.sent.map(({ id }) => id))
      await until('the raw lake has it all', PATIENCE_MS, async () => expect(await rawIds(old)).toEqual(sent))
      before = await old.answers('merged')
      copy = await copyLake(old)
    } finally {
      await old.close()
    }
  }

  it('has the numbers of before after the commands of the page', { timeout: 3 * DEPLOY_MS }, async () => {
    await lose()
    stage = await openDrillStage(python, aws, source, { Schedules: 'false' })
    await putLake(stage, copy)
    await stage.epochCloses()
    // Nobody but the operator starts a batch: the schedule is off, and a minute has gone by.
    expect(await runsOf(stage)).toEqual([])
    for (const command of commandsBelow(SECTION))
      if (/ runs start /.test(command))
        expect(await stage.runMachine(command)).toMatchObject({ status: 'succeeded' })
      else await stage.run(command)
    expect(await stage.answers('batch')).toEqual(before)
    await stage.isExact('batch')
  })

  it('goes on with schedules, and what comes after is exact in both layers', {
    timeout: 2 * DEPLOY_MS,
  }, async () => {
    await stage!.platform.redeploy()
    await stage!.send(60)
    await stage!.isExact('merged')
    await until('batches of the schedule are exact', PATIENCE_MS, () => stage!.isExact('batch'))
    const { parts } = await stage!.platform.api.get<Health>('/v1/health')
    expect(parts.batch).not.toHaveProperty('held')
  })
}

type Health = { readonly parts: { readonly batch: object } }
