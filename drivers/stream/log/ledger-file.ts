import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkedJson, damaged, withCheck } from '../../files/checked-text.ts'
import { ifAbsent } from '../../files/durable.ts'

/** What is known of one epoch. */
export type EpochCounts = {
  /** Event type → durable events. */
  readonly accepted: Map<string, number>
  /** Where the last block that holds events of the epoch ends. */
  end: number
}

/** The ledger as of one moment. */
export type LedgerState = {
  readonly epochLength: number
  /** The last closed epoch, start in ms since 1970; `NEVER` before the first. */
  readonly closedThrough: number
  /** End of the part of the log that is counted. */
  readonly lsn: number
  /** Largest arrival in that part, ms since 1970. */
  readonly latestArrival: number
  readonly epochs: Map<number, EpochCounts>
}

/** Earlier than any epoch. */
export const NEVER = Number.MIN_SAFE_INTEGER

type Stored = Omit<LedgerState, 'epochs'> & {
  readonly version: 1
  readonly epochs: readonly (readonly [epoch: number, end: number, accepted: Record<string, number>])[]
}

/** Path of a log's ledger file. */
export function ledgerPath(dir: string): string {
  return join(dir, 'ledger.json')
}

export function ledgerText(state: LedgerState): string {
  const epochs = [...state.epochs].map(
    ([epoch, { end, accepted }]) => [epoch, end, Object.fromEntries(accepted)] as const,
  )
  const stored: Stored = { version: 1, ...state, epochs }
  return withCheck(JSON.stringify(stored))
}

/**
 * Reads a log's ledger file; undefined when there is none.
 * @throws `corrupt_data` when it is not what was written.
 */
export async function loadLedger(dir: string): Promise<LedgerState | undefined> {
  const path = ledgerPath(dir)
  const text = await readFile(path, 'utf8').catch(ifAbsent(undefined))
  if (text === undefined) return undefined
  try {
    const { version, epochs, ...rest } = checkedJson(path, text) as Stored
    if (version !== 1) throw damaged(path, `its version is ${version}`)
    return { ...rest, epochs: new Map(epochs.map(([epoch, end, types]) => [epoch, epochCounts(end, types)])) }
  } catch (error) {
    if (error instanceof TypeError) throw damaged(path, 'it cannot be understood', error)
    throw error
  }
}

function epochCounts(end: number, accepted: Record<string, number>): EpochCounts {
  return { end, accepted: new Map(Object.entries(accepted)) }
}
