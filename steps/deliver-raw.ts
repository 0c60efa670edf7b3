import type { Arrivals } from '../core/ports/arrivals.ts'
import type { DeliveredLines, RawDeliveries } from '../core/ports/ledger.ts'

export type DeliverRawPorts = {
  readonly arrivals: Arrivals
  readonly ledger: RawDeliveries
  /** The boundary of a type's tally: the last epoch that its batch views include. */
  readonly published: (type: string) => Promise<number | undefined>
  /** Marks an epoch of a type as due (steps/batch/marks/due-marks.ts); resolves once that is durable. */
  readonly markDue: (type: string, epoch: number) => Promise<void>
}

/** What one call delivered. `unreadable`: lines kept aside under `failed/unreadable`. */
export type DeliverRawOutcome = {
  readonly arrivals: number
  readonly lines: number
  readonly unreadable: number
  /**
   * Lines of epochs that were published without them: the epochs are marked, and the next batch counts them.
   */
  readonly late: readonly DeliveredLines[]
}

export type DeliverRaw = (arrivals: readonly string[]) => Promise<DeliverRawOutcome>

/**
 * Builds the step that moves arrivals to the raw lake, one after the other: their lines are split by type and
 * epoch, then the ledger is told how many there are, epochs that are published without them are marked as
 * due, then the arrival is marked. An arrival that failed half-way is delivered again from the start, which
 * repeats what was done and adds nothing to it.
 *
 * @throws (the step) TributaryError of the lake or the ledger
 */
export function createDeliverRaw({ arrivals, ledger, published, markDue }: DeliverRawPorts): DeliverRaw {
  return async names => {
    let lines = 0
    let unreadable = 0
    const late: DeliveredLines[] = []
    for (const name of names) {
      const split = await arrivals.split(name)
      // Not before the objects are durable: the ledger says what the raw lake holds.
      if (split.lines.length > 0) await ledger.delivered(name, split.lines)
      const lateHere = await lateLines(split.lines, published)
      for (const { type, epoch } of lateHere) await markDue(type, epoch)
      late.push(...lateHere)
      await arrivals.finish(name)
      lines += split.lines.reduce((sum, part) => sum + part.lines, 0)
      unreadable += split.unreadable
    }
    return { arrivals: names.length, lines, unreadable, late }
  }
}

/** Asked once the raw lake holds the lines: an epoch that is published later includes them. */
async function lateLines(
  lines: readonly DeliveredLines[],
  published: DeliverRawPorts['published'],
): Promise<readonly DeliveredLines[]> {
  const types = [...new Set(lines.map(({ type }) => type))]
  const through = new Map(await Promise.all(types.map(async type => [type, await published(type)] as const)))
  return lines.filter(({ type, epoch }) => epoch <= (through.get(type) ?? Number.NEGATIVE_INFINITY))
}

export type DeliverMissingPorts = DeliverRawPorts & {
  /** ms. */
  readonly epochLength: number
  /** Longest time the delivery stream holds a record, ms (Firehose: at most 900,000). */
  readonly bufferMs: number
}

export type DeliverMissing = (epoch: number) => Promise<DeliverRawOutcome>

/** Most arrivals of one call; the next call goes on. */
const MAX_ARRIVALS = 20

/**
 * Builds the step that delivers what no notification came for: arrivals without a mark that can hold events
 * of an epoch. Firehose names the hour of an object after its oldest record, so an event of the epoch can
 * stand in an object named after a time up to one buffer before it. To deliver what a notification is
 * delivering just now does no harm.
 */
export function createDeliverMissing(ports: DeliverMissingPorts): DeliverMissing {
  const { arrivals, epochLength, bufferMs } = ports
  const deliver = createDeliverRaw(ports)
  return async epoch => {
    const missing = await arrivals.unfinished(epoch - bufferMs, epoch + epochLength + bufferMs)
    return deliver(missing.slice(0, MAX_ARRIVALS))
  }
}
