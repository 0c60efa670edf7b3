import { UNDECLARED } from '../core/event/undeclared.ts'
import { refusalText } from '../core/refusals.ts'
import type { LogStatus } from '../drivers/stream/log/log.ts'
import type { HealthReport } from '../functions/health.ts'
import type { AlertsState } from '../steps/alerts/alerts.ts'
import type { ShownHold } from '../steps/batch/held.ts'
import type { InboxState } from './batch/inbox-state.ts'
import type { WarehouseLag } from './batch/warehouse-watch.ts'
import type { OpenEpoch } from './open-epoch.ts'
import type { StreamStatus } from './stream/stream-thread.ts'
import type { UndeclaredFields } from './telling/undeclared-fields.ts'

/** State of the batch thread, as it reports it. */
export type BatchStatus = {
  /** Epoch each metric's batch views go through, ISO; null before the first. */
  readonly boundaries: Readonly<Record<string, string | null>>
  /** Metrics whose boundary has stood for longer than their schedule explains. */
  readonly standing: readonly string[]
  readonly running: number
  readonly lastFailure: string | null
  /** Metrics and types whose numbers wait, with the reason. */
  readonly held: readonly ShownHold[]
  /** Files in the lake that are not the platform's, and in no number. */
  readonly leftOut: readonly string[]
  readonly inbox: InboxState
  readonly warehouse: { readonly state: 'on' | 'off' | 'starting' | 'unavailable' } & WarehouseLag
  /** Open tables: which are behind. */
  readonly tables: WarehouseLag
}

type Part = HealthReport['parts'][string]

/** Receipts that are further ahead of the machine's clock than this are worth a word, ms. */
const CLOCK_LIMIT = 1000

/** Speed layer further behind than this is degraded, ms. */
const LAG_LIMIT = 10_000

/**
 * Asks every part how it is. A part that does not answer is `starting` before its first answer, `degraded`
 * after. What is degraded says what to do (`remedy`).
 */
export function healthOf(parts: {
  readonly log: () => LogStatus
  /** How far receipts are ahead of the machine's clock, ms. */
  readonly clockAhead: () => number
  readonly openEpoch: () => Promise<OpenEpoch>
  readonly lag: () => number
  readonly undeclared: UndeclaredFields['list']
  readonly stream: () => Promise<StreamStatus>
  readonly batch: () => Promise<BatchStatus>
  readonly alerts: () => Promise<AlertsState>
}): () => Promise<HealthReport> {
  const hasAnswered = { stream: false, batch: false }

  const ask = async <T>(name: 'stream' | 'batch', call: () => Promise<T>): Promise<T | undefined> => {
    try {
      const answer = await call()
      hasAnswered[name] = true
      return answer
    } catch {
      // Health is the report of it: the part shows as not answering.
      return undefined
    }
  }

  return async () => {
    const [stream, batch, epoch, alerts] = await Promise.all([
      ask('stream', parts.stream),
      ask('batch', parts.batch),
      parts.openEpoch(),
      // It is of this thread, and never starts: what fails is its store.
      parts.alerts().catch(() => undefined),
    ])
    const silent = (name: 'stream' | 'batch'): Part => ({
      ...(hasAnswered[name] ? degraded(SILENT) : { status: 'starting' }),
    })
    const all = {
      ingest: {
        ...ingestPart(parts.log(), parts.clockAhead()),
        epoch,
        ...undeclaredPart(parts.undeclared()),
      },
      speed: stream === undefined ? silent('stream') : speedPart(stream, parts.lag()),
      raw: stream === undefined ? silent('stream') : rawPart(stream),
      batch: batch === undefined ? silent('batch') : batchPart(batch),
      ...(batch !== undefined && { inbox: inboxPart(batch), ...tableParts(batch) }),
      alerts: alerts === undefined ? degraded(UNREADABLE_ALERTS) : alertsPart(alerts),
    }
    const states = Object.values(all).map(({ status }) => status)
    const status = states.includes('starting') ? 'starting' : states.includes('degraded') ? 'degraded' : 'ok'
    return { status, parts: all }
  }
}

const degraded = (remedy: string): Part => ({ status: 'degraded', remedy })
const OK: Part = { status: 'ok' }

const SILENT =
  'its thread has not answered for two seconds: it is busy, or the machine is; where it stays so, start again'

function ingestPart({ refusing, lagBytes, queuedBytes, storedBytes }: LogStatus, clockAheadMs: number): Part {
  return {
    ...(refusing !== undefined
      ? degraded(refusalText(refusing))
      : clockAheadMs < CLOCK_LIMIT
        ? OK
        : degraded(CLOCK)),
    refusing: refusing ?? null,
    clockAheadMs,
    lagBytes,
    queuedBytes,
    storedBytes,
  }
}

const CLOCK =
  'the clock of the machine was ahead, or was set back, behind the newest receipt: receipts go on from there at half ' +
  'the pace until it has caught up, and their epochs are published as they end'

/** No degradation: events are counted by what is declared. */
function undeclaredPart(undeclared: ReturnType<UndeclaredFields['list']>): Readonly<Record<string, unknown>> {
  if (undeclared.size === 0) return {}
  const fields = [...undeclared].map(([type, names]) => [type, [...names]])
  return { undeclared: { fields: Object.fromEntries(fields), remedy: UNDECLARED } }
}

function speedPart({ speed, markers, checkpoint }: StreamStatus, lagMs: number): Part {
  return {
    ...speed,
    ...speedState({ speed, checkpoint }, lagMs),
    lagMs,
    markers: markers.entries,
    spilledTables: markers.spilledTables,
    checkpointAt: new Date(checkpoint.at).toISOString(),
    checkpointError: checkpoint.lastError,
  }
}

function speedState({ speed, checkpoint }: Pick<StreamStatus, 'speed' | 'checkpoint'>, lagMs: number): Part {
  if (speed.state === 'failed')
    return degraded('start again; where it fails again, stop the platform and run npx tributary doctor')
  if (speed.lastError !== null) return degraded('it is tried again by itself; lastError says what fails')
  if (checkpoint.lastError !== null)
    return degraded('see that the disk has room and that the account of the platform may write to it')
  return lagMs < LAG_LIMIT
    ? OK
    : degraded('it catches up by itself; where it stays behind, more TRIBUTARY_LANES use more cores')
}

function rawPart({ raw }: StreamStatus): Part {
  const remedy =
    'it is tried again by itself; see that the disk has room and that the account may write to it'
  return { ...raw, ...(raw.lastError === null ? OK : degraded(remedy)) }
}

function batchPart({ boundaries, standing, running, lastFailure, held, leftOut }: BatchStatus): Part {
  const remedies = [
    ...(held.length > 0
      ? ['npx tributary runs show, with the run of what is held, has the reason; each batch tries it again']
      : []),
    ...(lastFailure === null && standing.length === 0
      ? []
      : ['npx tributary runs list: what the newest batches did']),
    ...(leftOut.length === 0 ? [] : [LEFT_OUT]),
  ]
  return {
    ...(remedies.length === 0 ? OK : degraded(remedies.join('; '))),
    ...{ boundaries, running, lastFailure },
    ...(held.length > 0 && { held }),
    ...(standing.length > 0 && { standing }),
    ...(leftOut.length > 0 && { leftOut }),
  }
}

const LEFT_OUT =
  'leftOut names files in the lake that Tributary did not write there; they are left out of all numbers: move them out of the lake'

function inboxPart({ inbox }: BatchStatus): Part {
  const remedy = 'files lists them with their reasons; correct them and put them into the inbox again'
  return { ...(inbox.failed + inbox.left === 0 ? OK : degraded(remedy)), ...inbox }
}

const UNREADABLE_ALERTS =
  'what alerts keep cannot be read: see that the disk has room and that the account of the platform may write to it; where it stays so, stop the platform and run npx tributary doctor'

/** A message is tried again, more and more rarely: what waits longer has a destination that fails. */
const LONGEST_WAIT = 60_000

function alertsPart({ failing, notJudged, waiting, oldestMs }: AlertsState): Part {
  const remedies = [
    ...(Object.keys(failing).length > 0 || oldestMs > LONGEST_WAIT
      ? ['failing says who cannot be told and why; messages wait, and are tried again for a day']
      : []),
    ...(Object.keys(notJudged).length > 0
      ? ['notJudged says which windows could not be asked for; they are asked for again']
      : []),
  ]
  return {
    ...(remedies.length === 0 ? OK : degraded(remedies.join('; '))),
    ...{ waiting, oldestMs },
    ...(Object.keys(failing).length > 0 && { failing }),
    ...(Object.keys(notJudged).length > 0 && { notJudged }),
  }
}

/** Numbers are exact without it: behind, it is degraded by itself and holds up nothing. */
/** What others read of the platform by tables: the warehouse, and the open tables where they are kept. */
function tableParts(batch: BatchStatus): Readonly<Record<'warehouse' | 'tables', Part>> {
  const { behind, since, behindMs } = batch.tables
  const state = since === null ? OK : degraded('behind says why, table by table; every batch tries again')
  return { warehouse: warehousePart(batch), tables: { ...state, since, behind, behindMs } }
}

function warehousePart({ warehouse: { state, since, behind, behindMs } }: BatchStatus): Part {
  const isWell = (state === 'on' || state === 'off') && since === null
  const remedy =
    state === 'unavailable'
      ? 'the log says why the server does not run; every batch tries to start it again'
      : 'behind says why, table by table; every batch tries again'
  return { ...(isWell ? OK : degraded(remedy)), state, since, behind, behindMs }
}
