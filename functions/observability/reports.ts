import { pathInstant } from '../../core/data/time.ts'
import type { TributaryError } from '../../core/errors.ts'
import type { Partitions } from '../../core/event/partition.ts'
import { createUndeclaredNews, UNDECLARED } from '../../core/event/undeclared.ts'
import type { BatchViews } from '../../core/ports/views.ts'
import { remedyOf } from '../../core/remedies.ts'
import type { SpeedOutcome } from '../../steps/apply-speed.ts'
import { differencesOf } from '../../steps/batch/reconcile/differences.ts'
import type { Reconciliation } from '../../steps/batch/reconcile/reconcile.ts'
import type { DeliverRawOutcome } from '../../steps/deliver-raw.ts'
import type { Ingest } from '../../steps/ingest.ts'
import type { AuditEntry } from '../middleware/audit.ts'
import { loggedFailure } from './failure.ts'
import { logger, measure } from './telemetry.ts'

/** `HttpDeps.report`: logs a failure of an HTTP route and counts it. */
export function reportFailure(failure: TributaryError, route: string): void {
  measure('ServerErrors', 1)
  logger[failure.retryable ? 'warn' : 'error']('a request failed', {
    ...{ route, failure: loggedFailure(failure), remedy: remedyOf(failure) },
  })
}

/** `HttpDeps.audit`: a line of the log, which `message = "audit"` finds. */
export function reportAudit(entry: AuditEntry): void {
  logger.info('audit', { audit: entry })
}

/** Tells why rejected events go past Firehose, into objects of their own. */
export function reportSpill(failure: TributaryError): void {
  measure('RejectedSpills', 1)
  logger.warn(
    'rejected events go to S3 past Firehose for a while; look who sends them, and give the key a rate',
    {
      failure: loggedFailure(failure),
    },
  )
}

/** Tells of an origin whose pages were refused. */
export function reportOrigin(origin: string, remedy: string): void {
  logger.warn(`requests of pages are refused: ${remedy}`, { origin })
}

/** Tells of a function that was told fewer partitions than the ledger records: one of an older deployment. */
export function reportFewerPartitions(told: number, { count }: Partitions): void {
  logger.warn('fewer partitions than the stage has are told to this function, which uses those it has', {
    ...{ told, partitions: count, remedy: `deploy with --param partitions=${count}` },
  })
}

/** The ingest step, counting what becomes of events. */
export function measuredIngest(ingest: Ingest): Ingest {
  const newsOf = createUndeclaredNews(new Map())
  return async (...asked) => {
    const outcome = await ingest(...asked)
    measure('EventsAccepted', outcome.accepted)
    measure('EventsRejected', outcome.rejected.length)
    measure('EventsRefused', outcome.retry.length)
    for (const one of outcome.undeclared ?? []) {
      const [{ type }, fields] = [one, newsOf(one)]
      if (fields.length > 0)
        logger.warn('events have fields that the contract of their type does not name', {
          ...{ type, fields, remedy: UNDECLARED },
        })
    }
    return outcome
  }
}

/** Reports what a batch of the speed layer came to; `now` is ms since 1970. */
export function reportSpeed(outcome: SpeedOutcome, now: number): void {
  measure('EventsCounted', outcome.counted)
  measure('Duplicates', outcome.duplicates)
  measure('Repeats', outcome.repeats)
  measure('UnreadableRecords', outcome.unreadable.length)
  measure('UnknownTypeRecords', outcome.unknown.length)
  if (outcome.receivedAt > 0) measure('SpeedLagMs', Math.max(1, now - outcome.receivedAt))
  if (outcome.unreadable.length > 0)
    logger.warn(
      'records went to the dead letters: they are no events; look for another writer of the stream',
      {
        records: outcome.unreadable.length,
      },
    )
  for (const [type, records] of Map.groupBy(outcome.unknown, one => one.type))
    logger.warn('records of a type that is not known here are held; deploy the version that knows it', {
      ...{ type, records: records.length },
    })
}

/** `DeliverRawDeps.report`: counts the lines that reached the raw lake, and those that are no events. */
export function reportDelivery({ lines, unreadable, late }: DeliverRawOutcome): void {
  measure('LinesDelivered', lines)
  measure('UnreadableLines', unreadable)
  for (const { type, epoch, lines: count } of late) {
    measure('LateLines', count)
    logger.warn('raw data came after its epoch was published: the next batch computes it again', {
      ...{ type, epoch: pathInstant(epoch), lines: count },
    })
  }
}

/** `HoldPorts.onHeld`: counts what a run holds, and logs it where that is new. Keys stand in its report. */
export function reportHeld(failure: TributaryError, isNew: boolean): void {
  measure('Held', 1)
  if (isNew) logger.error(failure.message, { failure: loggedFailure(failure), remedy: remedyOf(failure) })
}

/** `ReconcilePorts.onMismatch`: an epoch on which the layers disagree, in numbers. */
export function reportMismatch(reconciliation: Reconciliation): void {
  measure('ReconciliationMismatch', 1)
  logger.error('the layers disagree about an epoch; the report of its run has the keys', {
    differences: differencesOf(reconciliation),
    remedy: remedyOf({ name: 'reconciliation_mismatch' }),
  })
}

/** Batch views that tell how old the epoch is which a boundary moves to. `epochLength` and `now` in ms. */
export function measuredBoundaries(batch: BatchViews, epochLength: number, now: () => number): BatchViews {
  return {
    ...batch,
    async moveBoundary(metric, boundary) {
      await batch.moveBoundary(metric, boundary)
      measure('BoundaryAgeMs', Math.max(1, now() - boundary.epoch - epochLength))
    },
  }
}
