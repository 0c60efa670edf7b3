import { tallyId } from '../../core/cells/tally.ts'
import { pathInstant } from '../../core/data/time.ts'
import type { EpochLedger, Ledger } from '../../core/ports/ledger.ts'
import type { Finding } from './held.ts'

/**
 * Raw data may be on its way for a quarter of an hour and the time to sort it, ms; with short epochs that is
 * several of them.
 */
export const LONGEST_DELIVERY = 1_500_000

export type ShortPorts = {
  readonly ledger: Pick<Ledger, 'epoch'>
  /** ms. */
  readonly epochLength: number
  /** ms since 1970. */
  readonly now: () => number
}

/** Whether no raw data of an epoch can be on its way any more: what it lacks then is lost. */
export function isOverdue({ epochLength, now }: Omit<ShortPorts, 'ledger'>, epoch: number): boolean {
  return now() >= epoch + epochLength + LONGEST_DELIVERY
}

/**
 * Types of which raw data of an epoch is lost on its way, and how many events of each. Where it may still
 * come, or the ledger counts what is delivered in another way: none.
 */
export async function shortTypes(ports: ShortPorts, epoch: number): Promise<EpochLedger['short']> {
  if (!isOverdue(ports, epoch)) return {}
  const { short = {} } = await ports.ledger.epoch(epoch)
  return short
}

/** What is held of a type whose raw data is short, with the remedies. */
export function shortFinding(type: string, epoch: number, missing: number): Finding {
  const detail =
    `${missing} events of the epoch ${pathInstant(epoch)} are not in the raw lake: run the machine restore-raw, which reads ` +
    `them from the stream again while it keeps them; {"acceptLoss": ["${type}"]} in the input of batch goes on without them`
  return { id: tallyId(type), mode: 'append', epoch, code: 'raw_incomplete', detail }
}
