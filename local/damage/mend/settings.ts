import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { embeddedPaths } from '../../../drivers/compose/embedded.ts'
import { checkedJson, withCheck } from '../../../drivers/files/checked-text.ts'
import { ifAbsent, replaceFile } from '../../../drivers/files/durable.ts'
import { loadLedger } from '../../../drivers/stream/log/ledger-file.ts'
import { type Findings, problemOf } from '../finding.ts'

/**
 * The length of an epoch that a data folder was made with, from `settings.json`, else from the ledger, else
 * the one that the next start would have; writes what is missing.
 */
export async function mendSettings(data: string, otherwise: number, findings: Findings): Promise<number> {
  const path = join(data, 'settings.json')
  const text = await readFile(path, 'utf8').catch(ifAbsent(undefined))
  let problem = 'it is not there'
  try {
    if (text !== undefined) {
      const { epochLength } = checkedJson(path, text) as { epochLength?: number }
      if (Number.isSafeInteger(epochLength) && epochLength! > 0) return epochLength!
      problem = 'it does not say how long an epoch is'
    }
  } catch (error) {
    problem = problemOf(error)
  }
  // A damaged ledger is named where ledgers are.
  const ledger = await loadLedger(embeddedPaths(data).log).catch(() => undefined)
  const epochLength = ledger?.epochLength ?? otherwise
  await replaceFile(path, aside => writeFile(aside, withCheck(JSON.stringify({ epochLength }))))
  const from = ledger === undefined ? 'TRIBUTARY_EPOCH' : 'the ledger of the log'
  findings.repaired('settings.json', problem, `an epoch of ${epochLength / 1000} s, as ${from} says`)
  return epochLength
}
