import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } from 'vitest'
import { loadDeclared, SAMPLE } from '../declared.ts'
import { installMinistack } from '../engines/ministack/install.ts'
import type { Run } from './ministack/api.ts'
import { type Deployed, startDeployed } from './ministack/emulated.ts'
import { makeLoad } from './ministack/events.ts'
import { linesUnder, rawEpochs } from './ministack/raw-lake.ts'
import { differences, type Numbers, referenceOf } from './ministack/reference.ts'
import { answerOwed, sendAll } from './ministack/sending.ts'
import { until } from './ministack/until.ts'

const TITLE = 'the packaged service, deployed to MiniStack'
const EVENTS = 2000
const SEED = 3
/** The states of a batch. What is inside a Map is not in the emulator's histories. */
const STATES = ['Plan', 'AwaitRaw', 'Refine', 'Aggregate', 'Reconcile', 'Publish', 'Commit']
const MINUTE = 60_000
const DEPLOY_MS = 300_000
const SEND_MS = 120_000
const SPEED_MS = 60_000
const BATCH_MS = 240_000

const installed = await installMinistack()
if ('reason' in installed) {
  console.warn(`skipped: ${TITLE}: ${installed.reason}`)
  test.skip(`${TITLE}: ${installed.reason}`)
} else describe(TITLE, () => prove(installed.python))

function prove(python: string): void {
  const load = makeLoad(EVENTS, SEED)
  const accepted = load.events.filter((_, index) => !load.wrong.has(index))
  const started = Date.now()
  let reference: Numbers
  let platform: Deployed

  beforeAll(async () => {
    reference = referenceOf(await loadDeclared(SAMPLE), accepted)
    platform = await startDeployed(python)
  }, DEPLOY_MS)
  afterAll(() => platform?.stop())

  // Each step stands on the one before.
  let isBroken = false
  beforeEach(context => context.skip(isBroken, 'an earlier step failed'))
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') isBroken = true
  })

  it('refuses a caller without a key, with a wrong one, and one with a key for something else', async () => {
    const status = async (authorization?: string) =>
      (await platform.api.post('/v1/events', '[]', authorization)).status
    expect(await status()).toBe(401)
    expect(await status('Bearer no-such-key')).toBe(403)
    expect(await status('Bearer read-key')).toBe(403)
  })

  it('refuses a body that is no JSON', async () => {
    const answer = await platform.api.post('/v1/events', '[{"id":', 'Bearer write-key')
    expect(answer.status).toBe(400)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
  })

  it('answers every request of a CloudEvents SDK with what became of each event', {
    timeout: SEND_MS,
  }, async () => {
    for (const exchange of await sendAll(platform.api, load))
      expect(exchange.answer).toMatchObject(answerOwed(load, exchange))
  })

  it.each(['speed', 'merged'] as const)('counts exactly, layer=%s', { timeout: 2 * SPEED_MS }, layer =>
    until(`layer=${layer} answers what the reference does`, SPEED_MS, () => expectExact(layer)),
  )

  it('keeps every event in the raw lake, and every rejected one', { timeout: 2 * SPEED_MS }, async () => {
    await until('the raw lake holds every event', SPEED_MS, async () => {
      const raw = await idsUnder('raw/')
      const sent = accepted.map(({ id }) => id).sort()
      expect(raw.length).toBeGreaterThanOrEqual(sent.length)
      // An event that the platform refused for now can have got into the stream all the same: then it is
      // there twice.
      if (platform.api.refusals() === 0) expect(raw).toEqual(sent)
      else expect(new Set(raw)).toEqual(new Set(sent))
    })
    const wrong = [...load.wrong.keys()].map(index => load.events[index]!.id)
    expect(new Set(await idsUnder('rejected/'))).toEqual(new Set(wrong))
  })

  it('is made exact by batches that the schedule starts', { timeout: 2 * BATCH_MS }, async () => {
    const check = () => expectExact('batch')
    await until('layer=batch answers what the reference does', BATCH_MS, check, runs)
    const epochs = await rawEpochs(platform.s3, platform.lake)
    await until('runs that succeeded have reconciled every epoch', SPEED_MS, async () => {
      const done = (await runs()).filter(run => run.status === 'succeeded')
      const entered = done.flatMap(run => run.states.map(state => state.name))
      expect(entered).toEqual(expect.arrayContaining(STATES))
      const reports = Object.assign({}, ...done.map(run => run.report['epochs'] ?? {})) as Reports
      expect(new Set(Object.keys(reports))).toEqual(epochs)
      for (const report of Object.values(reports))
        expect(report).toMatchObject({ reconciliation: { ok: true } })
    })
    await expectExact('merged')
  })

  it('makes the tables that Athena reads, once', async () => {
    const made = ['trip', 'hoverboard', 'flight', 'customer'].map(type => `curated_com_tributary_${type}`)
    expect(await platform.invoke('catalog', {})).toMatchObject({
      ...{ tables: 8, changed: [], removed: [], made: expect.arrayContaining(made) },
    })
    expect(await platform.invoke('catalog', {})).toMatchObject({ made: [], changed: [], removed: [] })
  })

  it('comes to the same numbers when the epochs are computed again', { timeout: 2 * BATCH_MS }, async () => {
    const range = { from: instant(started), to: instant(Date.now()) }
    // Until no batch holds the lock: the emulator cannot repeat a task for its error's name.
    await until('a backfill succeeds', BATCH_MS, async () =>
      expect(await platform.api.run('backfill', range)).toMatchObject({ status: 'succeeded' }),
    )
    await expectExact('batch')
  })

  async function expectExact(layer: 'merged' | 'speed' | 'batch'): Promise<void> {
    expect(await differences(reference, metric => platform.api.rows(metric, layer))).toEqual([])
  }

  /** Ids of the distinct receipts under a prefix: a transport may deliver a line twice. */
  async function idsUnder(prefix: string): Promise<readonly string[]> {
    const lines = new Set(await linesUnder(platform.s3, platform.lake, prefix))
    return [...lines].map(line => (JSON.parse(line) as { id: string }).id).sort()
  }

  /** Every run, with its report. Nobody but the schedule starts one here. */
  async function runs(): Promise<readonly Run[]> {
    const listed = await platform.api.get<{ runs: Run[] }>('/v1/runs?limit=100')
    return Promise.all(listed.runs.map(({ id }) => platform.api.get<Run>(`/v1/runs/${id}`)))
  }
}

/** The minute of an instant, as epochs are named here. */
function instant(ms: number): string {
  return new Date(ms - (ms % MINUTE)).toISOString()
}

type Reports = Readonly<Record<string, unknown>>
