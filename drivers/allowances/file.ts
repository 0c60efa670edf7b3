import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Allowances } from '../../core/ports/callers/allowances.ts'
import { checkedJson, withCheck } from '../files/checked-text.ts'
import { isAbsent, replaceFile } from '../files/durable.ts'
import { createMemoryAllowances, type Used } from './memory.ts'

export type FileAllowances = Allowances & {
  /** Writes what is used. */
  close(): Promise<void>
}

export type FileAllowancesOptions = {
  readonly folder: string
  /** Is told of a file that cannot be read or written: keys have then used nothing, or less. */
  readonly report: (failure: unknown) => void
}

const FILE = 'allowances.json'

/** What is used is written this often at most, ms: so much of a day's count a crash forgets. */
const WRITE_MS = 1_000

/** What keys have used of a day, for the one process of a data folder, kept over its restarts. */
export async function openFileAllowances(options: FileAllowancesOptions): Promise<FileAllowances> {
  const { folder, report } = options
  const path = join(folder, FILE)
  const used: Used = await readUsed(path).catch((failure: unknown) => {
    report(failure)
    return new Map()
  })
  const memory = createMemoryAllowances(used)
  let writing: Promise<void> | undefined
  let writtenAt = Number.NEGATIVE_INFINITY
  let isChanged = false

  return {
    async take(key, allowance, amount, now) {
      const left = await memory.take(key, allowance, amount, now)
      isChanged ||= allowance.of === 'events'
      if (isChanged && performance.now() - writtenAt > WRITE_MS) writing ??= write()
      return left
    },
    async close() {
      await writing
      if (isChanged) await write()
    },
  }

  async function write(): Promise<void> {
    isChanged = false
    writtenAt = performance.now()
    const days = [...used].filter(([name]) => name.startsWith('events '))
    const text = withCheck(JSON.stringify(Object.fromEntries(days)))
    try {
      await replaceFile(path, aside => writeFile(aside, text, { mode: 0o600 }))
    } catch (failure) {
      report(failure)
    }
    writing = undefined
  }
}

async function readUsed(path: string): Promise<Used> {
  try {
    return new Map(Object.entries(checkedJson(path, await readFile(path, 'utf8')) as object))
  } catch (failure) {
    if (isAbsent(failure)) return new Map()
    throw failure
  }
}
