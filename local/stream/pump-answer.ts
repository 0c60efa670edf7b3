import type { KinesisStreamBatchResponse } from 'aws-lambda'
import { TributaryError, toTributaryError } from '../../core/errors.ts'
import type { DecodedRecord } from '../../functions/sources/kinesis.ts'
import { within } from '../deadline.ts'
import { lsnOf } from './pump-event.ts'
import type { StreamHandler } from './pump-options.ts'

/** What a delivery came to: everything applied, or nothing from record `index` of the batch on. */
export type Answer =
  | { readonly kind: 'applied' }
  | { readonly kind: 'failed'; readonly index: number; readonly error: TributaryError }

const APPLIED: Answer = { kind: 'applied' }

/**
 * Calls the handler, for `timeoutMs` at most. What it throws, and no answer in time, fail the whole batch.
 */
export async function ask(
  handler: StreamHandler,
  records: readonly DecodedRecord[],
  sequences: readonly number[],
  timeoutMs: number,
): Promise<Answer> {
  try {
    // Lambda would end a call that takes too long; here it goes on beside its retry, as a redelivery may
    // anyway.
    const response = await within(timeoutMs, 'the handler', handler(records))
    return readAnswer(response, sequences)
  } catch (error) {
    return wholeBatch(toTributaryError(error))
  }
}

/**
 * Reads a handler's answer as Lambda does when it reports batch item failures: nothing, or no failures, is
 * success; an identifier that is empty, missing or not of this batch fails the whole batch; else the lowest
 * one counts. `sequences` are the places of the batch's records in the log, ascending.
 */
export function readAnswer(response: unknown, sequences: readonly number[]): Answer {
  const failures = (response as Partial<KinesisStreamBatchResponse> | null | undefined)?.batchItemFailures
  if (failures === undefined || failures === null) return APPLIED
  if (!Array.isArray(failures)) return wholeBatch(unreadable('batchItemFailures is no list'))
  if (failures.length === 0) return APPLIED
  let index = sequences.length
  for (const failure of failures as readonly unknown[]) {
    const failed = indexOf(failure, sequences)
    if (failed < 0) return wholeBatch(unreadable(`no record of the batch is ${JSON.stringify(failure)}`))
    index = Math.min(index, failed)
  }
  return { kind: 'failed', index, error: partial(failures.length, sequences[index]!) }
}

function indexOf(failure: unknown, sequences: readonly number[]): number {
  const { itemIdentifier } = (failure ?? {}) as { readonly itemIdentifier?: unknown }
  if (typeof itemIdentifier !== 'string') return -1
  return indexIn(sequences, lsnOf(itemIdentifier))
}

// Halving, because a handler may report every record of a batch of 10,000.
function indexIn(ascending: readonly number[], wanted: number): number {
  let from = 0
  let to = ascending.length
  while (from < to) {
    const middle = (from + to) >>> 1
    if (ascending[middle]! < wanted) from = middle + 1
    else to = middle
  }
  return ascending[from] === wanted ? from : -1
}

function wholeBatch(error: TributaryError): Answer {
  return { kind: 'failed', index: 0, error }
}

function unreadable(what: string): TributaryError {
  return new TributaryError('internal', `the handler's answer names no record: ${what}`)
}

function partial(failures: number, lsn: number): TributaryError {
  return new TributaryError('internal', `the handler reports ${failures} failed records, the first at ${lsn}`)
}
