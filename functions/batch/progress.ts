import { TributaryError } from '../../core/errors.ts'
import type { BackfillRange } from '../../steps/batch/backfill-range.ts'
import { type Fields, listOf, numberOf, payloadOf, readTypeWork, textOf } from '../../steps/batch/task.ts'
import { type FileIngestProgress, NO_PROGRESS } from '../../steps/files/file-ingest.ts'
import type { ReplayProgress } from '../../steps/replay/replay-stream.ts'
import type { RestoreProgress } from '../../steps/restore-raw.ts'
import { beginning, type LoadProgress } from '../../steps/warehouse/load-turn.ts'

/** How far a task that is called again and again has come, as its own earlier answer tells it. */

/** The range of a backfill: of the input at the first turn, then of the plan before. */
export function backfillRange(payload: Fields, turn: number): BackfillRange {
  if (turn > 0) return instants(payloadOf(payloadOf(payload['plan'])['range']))
  const range = payloadOf(payload['input'])
  const hasInstants = range['from'] !== undefined || range['to'] !== undefined
  const hasLast = range['last'] !== undefined
  if (hasInstants !== hasLast) return hasLast ? { last: textOf(range, 'last') } : instants(range)
  throw new TributaryError('bad_request', 'give a backfill "from" and "to", or "last", not both')
}

/**
 * The type that was done last of an epoch of which others are left: of the turn before, or of the run before;
 * undefined where the epoch was done.
 */
export function doneType(payload: Fields, turn: number): string | undefined {
  if (turn === 0) return textIn(payloadOf(payload['input'])['after'])
  const work = payloadOf(payloadOf(payload['plan'])['work'] ?? {})
  return work['isPart'] === true ? listOf(work, 'types', readTypeWork).at(-1)?.type : undefined
}

const textIn = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)

/** Names that an operator has accepted, of the input that the run was started with. */
export function acceptedNames(payload: Fields): readonly string[] {
  const input = payloadOf(payload['input'])
  return input['accept'] === undefined ? [] : listOf(input, 'accept', String)
}

/** Event types that an operator lets go on without the raw data that is lost, of the same input. */
export function lossyTypes(payload: Fields): readonly string[] {
  const input = payloadOf(payload['input'] ?? {})
  return input['acceptLoss'] === undefined ? [] : listOf(input, 'acceptLoss', String)
}

/**
 * What a replay is asked to rebuild, as names; undefined, also of runs that began without an input:
 * everything.
 */
export function onlyNames(payload: Fields): readonly string[] | undefined {
  const input = payloadOf(payload['input'] ?? {})
  return input['only'] === undefined ? undefined : listOf(input, 'only', String)
}

/** What becomes of raw lines that came late, of the input that the run was started with. */
export function lateOf(payload: Fields): 'recompute' | 'leave' {
  return payloadOf(payload['input'])['late'] === 'leave' ? 'leave' : 'recompute'
}

function instants(range: Fields) {
  return { from: textOf(range, 'from'), to: textOf(range, 'to') }
}

/** How far a run of loads is, as its own earlier answer tells it. */
export function loadProgress(payload: Fields): LoadProgress {
  const progress = payloadOf(payload['load'])
  if (numberOf(progress, 'attempt') === 0) return beginning(textOf(payload, 'run'))
  return progress as LoadProgress
}

/** How far a restoring of raw data is; nothing at the first turn. */
export function restoreProgress({ epoch, at }: Fields): RestoreProgress | undefined {
  return typeof epoch === 'number' && typeof at === 'number' ? { epoch, at } : undefined
}

/** How far a replay is; nothing for its first piece. */
export function replayProgress(progress: Fields): ReplayProgress | undefined {
  if (Object.keys(progress).length === 0) return undefined
  const number = (name: string) => numberOf(progress, name)
  return {
    ...{ from: number('from'), forgotten: progress['forgotten'] === true, begun: number('begun') },
    places: payloadOf(progress['places']) as ReplayProgress['places'],
    ...{ records: number('records'), events: number('events') },
    ...{ duplicates: number('duplicates'), unreadable: number('unreadable') },
  }
}

/** Files of the inbox; nothing at the first turn. What an older version did not say is as at the first. */
export function fileProgress(progress: Fields): FileIngestProgress {
  if (Object.keys(progress).length === 0) return NO_PROGRESS
  const number = (name: string, fields = progress) => Number(fields[name] ?? 0)
  const totals = payloadOf(progress['totals'])
  const total = (name: string) => numberOf(totals, name)
  return {
    ...{ turn: numberOf(progress, 'turn'), refusals: number('refusals'), pass: number('pass') },
    ...{ after: shown(progress, 'after'), waiting: number('waiting') },
    totals: {
      ...{ files: total('files'), failed: total('failed') },
      ...{ accepted: total('accepted'), rejected: total('rejected'), bytes: total('bytes') },
    },
    troubles: filesOf(progress['troubles']).map(one => ({
      ...{ file: shown(one, 'file'), version: shown(one, 'version') },
      ...{ looks: numberOf(one, 'looks'), reason: shown(one, 'reason'), pass: number('pass', one) },
    })),
    aside: filesOf(progress['aside']).map(one => ({
      ...{ file: shown(one, 'file'), reason: shown(one, 'reason') },
    })),
  }
}

const shown = (fields: Fields, name: string) => String(fields[name] ?? '')

/** None where a run began before there were any. */
const filesOf = (value: unknown) => (Array.isArray(value) ? value.map(payloadOf) : [])
