import { tallyId } from '../../core/cells/tally.ts'
import { formatInstant } from '../../core/data/time.ts'
import { holdableIds } from '../../core/declare/boundary-ids.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { TributaryError } from '../../core/errors.ts'
import type { Hold, Holds } from '../../core/ports/holds.ts'
import type { EpochWork, TaskResult, WorkMode } from './task.ts'

/** What a step is given that may hold one metric or type back while it lets the others go on. */
export type HoldPorts = {
  readonly pipeline: Pipeline
  readonly holds: Holds
  /** ms since 1970. */
  readonly now: () => number
  /** Told of everything that a run holds; `isNew`: it was not held for this before. */
  readonly onHeld: (hold: Hold, isNew: boolean) => void
}

/** Something to hold, as the step that found it says it. */
export type Finding = Pick<Hold, 'id' | 'mode' | 'epoch' | 'code' | 'detail'> & {
  readonly keys?: readonly string[]
}

/** A hold as people are shown it. */
export type ShownHold = {
  readonly kind: 'metric' | 'type' | 'model'
  /** Of the metric, the event type, or the model. */
  readonly name: string
  readonly mode: Hold['mode']
  /** ISO instants. */
  readonly epoch: string
  readonly since: string
  readonly run: string
  readonly code: string
  readonly detail: string
  readonly keys: readonly string[]
}

const LONGEST_DETAIL = 500
const MOST_KEYS = 20
const LONGEST_KEY = 200

/** Holds what a run has found; answers what its report says of it. */
export async function hold(
  ports: HoldPorts,
  run: string,
  findings: readonly Finding[],
): Promise<TaskResult<object>['report']> {
  if (findings.length === 0) return {}
  const known = await ports.holds.list()
  const held = findings.map(finding => entryOf(finding, run, known, ports.now()))
  for (const entry of held) {
    await ports.holds.put(entry)
    const before = known.find(each => each.id === entry.id && each.mode === entry.mode)
    ports.onHeld(entry, before?.epoch !== entry.epoch || before.detail !== entry.detail)
  }
  const shown = held.map(entry => showHold(ports.pipeline, entry))
  return { held: Object.fromEntries(shown.map(({ name, kind, keys, ...rest }) => [name, rest])) }
}

function entryOf(finding: Finding, run: string, known: readonly Hold[], now: number): Hold {
  const { id, mode, epoch, code, detail, keys = [] } = finding
  const before = known.find(each => each.id === id && each.mode === mode && each.epoch === epoch)
  const short = keys.slice(0, MOST_KEYS).map(key => key.slice(0, LONGEST_KEY))
  const since = before?.since ?? now
  return { id, mode, epoch, run, since, code, detail: detail.slice(0, LONGEST_DETAIL), keys: short }
}

/**
 * Ids that this run has held in a mode: it leaves them alone from then on, and a later run tries them again.
 * So a run comes to each of them once, and is not kept from the others; nor from appending to what could not
 * be computed again.
 */
export async function heldBy(
  holds: Pick<Holds, 'list'>,
  run: string,
  mode: WorkMode,
): Promise<ReadonlySet<string>> {
  const own = (await holds.list()).filter(each => each.run === run && each.mode === mode)
  return new Set(own.map(({ id }) => id))
}

/** Whether a metric is among held ids, by itself or with its type. */
export function isHeld(pipeline: Pipeline, held: ReadonlySet<string>, id: string): boolean {
  const type = pipeline.metrics.find(metric => metric.id === id)?.type
  return held.has(id) || (type !== undefined && held.has(tallyId(type)))
}

/** Work without what is held. */
export function withoutHeld<W extends Pick<EpochWork, 'types' | 'metrics'>>(
  pipeline: Pipeline,
  held: ReadonlySet<string>,
  work: W,
): W {
  return {
    ...work,
    types: work.types.filter(({ type }) => !held.has(tallyId(type))),
    metrics: work.metrics.filter(({ metric }) => !isHeld(pipeline, held, metric)),
  }
}

/** A hold with the name that people know. */
export function showHold(pipeline: Pipeline, { id, epoch, since, ...rest }: Hold): ShownHold {
  const metric = pipeline.metrics.find(each => each.id === id)
  const model = pipeline.models.find(each => each.id === id)
  const name = metric?.name ?? model?.name ?? id.replace(tallyId(''), '')
  const instants = { epoch: formatInstant(epoch), since: formatInstant(since) }
  const kind = model !== undefined ? 'model' : metric === undefined ? 'type' : 'metric'
  return { kind, name, ...instants, ...rest }
}

/** All that is held of what the pipeline declares now, with the names that people know. */
export async function shownHolds(
  pipeline: Pipeline,
  holds: Pick<Holds, 'list'>,
): Promise<readonly ShownHold[]> {
  const ids = new Set(holdableIds(pipeline))
  return (await holds.list()).filter(({ id }) => ids.has(id)).map(each => showHold(pipeline, each))
}

/** The failure of a log line that says what is held, with the remedy. */
export function heldFailure(pipeline: Pipeline, entry: Hold): TributaryError {
  const { kind, name, epoch, code, detail } = showHold(pipeline, entry)
  if (kind === 'model')
    return new TributaryError(
      'held',
      `model ${name} is held: ${code}: ${detail}; its table stays as it was, and each run tries it again`,
    )
  return new TributaryError(
    'held',
    `${kind} ${name} is held at the epoch ${epoch}: ${code}: ${detail}; each run tries it again, and "accept" ` +
      'in the input of a batch takes the numbers of the batch layer where the layers differ',
  )
}
