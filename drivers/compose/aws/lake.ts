import process from 'node:process'
import { dueMark } from '../../../core/lake/lake-paths.ts'
import type { Arrivals } from '../../../core/ports/arrivals.ts'
import { createArrivals } from '../../arrivals/arrivals.ts'
import type { TimeLeft } from '../../aws/retry.ts'
import { lakeObjects, scratch, settings } from './common.ts'
import { openFunctionLake } from './function-lake.ts'

/** The lake on AWS. */

export function arrivals(): Arrivals {
  return createArrivals({ objects: lakeObjects(), scratch: scratch('arrivals') })
}

/** Marks an epoch of a type as due, for a function that has no lake to put things in. */
export async function markDue(type: string, epoch: number): Promise<void> {
  await lakeObjects().put(dueMark(type, epoch, ''), new Uint8Array())
}

/** The lake with the engine that runs in the function itself; no limit where none is set. */
export function batchLake(remainingMs: TimeLeft) {
  return openFunctionLake({
    objects: lakeObjects(),
    bucket: settings.need('TRIBUTARY_LAKE'),
    scratch: scratch('lake'),
    memoryBytes: Number(process.env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE']) * 2 ** 20,
    remainingMs,
    limits: { largestEpoch: settings.find('TRIBUTARY_LARGEST_EPOCH') ?? Number.POSITIVE_INFINITY },
  })
}
