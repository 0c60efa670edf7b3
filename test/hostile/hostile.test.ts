import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PlatformProcess, startPlatformProcess } from '../../bench/platform-process.ts'
import { SAMPLE } from '../declared.ts'
import { p99, sendFor } from './good-senders.ts'

/** Of a round of attacks, of which there are two: `npm run test:hostile` takes 60. */
const SECONDS = Number(process.env['HOSTILE_SECONDS'] ?? 4)
/**
 * Above twice of what it is elsewhere, p99 may be by this, ms: what an answer takes on an idle machine,
 * tenfold.
 */
const NOISE_MS = 25
/** What memory may grow by beyond the other's: bodies of one sender may take 64 MB. */
const GROWTH_MB = 160

const PLAYS = [
  'slow headers|many sockets',
  'slow bodies|endless chunks',
  'bodies that stop in the middle',
  'huge announcements|huge announcements, compressed|answers that nobody reads',
]

const SETTINGS = {
  TRIBUTARY_PIPELINE: SAMPLE,
  TRIBUTARY_KEYS: 'write:good,write:evil,admin:bench-key',
  TRIBUTARY_LOG_LEVEL: 'fatal',
}

let attacked: PlatformProcess
/** Another one on the same machine, which nobody attacks: what it takes longer is the machine's. */
let other: PlatformProcess
const urlOf = ({ port }: PlatformProcess) => `http://127.0.0.1:${port}`

beforeAll(async () => {
  ;[attacked, other] = await Promise.all([startPlatformProcess(SETTINGS), startPlatformProcess(SETTINGS)])
  await sendFor([urlOf(attacked), urlOf(other)], 1500)
}, 60_000)
afterAll(async () => {
  for (const platform of [attacked, other]) {
    await platform?.stop()
    platform?.dispose()
  }
})

describe.each([
  ['without a key', ''],
  ['with a key', 'evil'],
])('hostile clients %s', (_name, key) => {
  test(
    `keep no good sender from its 202, nor double its p99, nor take the server's memory (${SECONDS} s)`,
    async () => {
      const [here, there]: [number[], number[]] = [[], []]
      const [before, beforeThere] = [attacked.rssMb(), other.rssMb()]
      let most = 0
      for (const plays of PLAYS) {
        const attack = await start(plays, key)
        const watching = setInterval(() => {
          most = Math.max(most, attacked.rssMb())
        }, 100)
        const [one, two] = await sendFor([urlOf(attacked), urlOf(other)], (SECONDS * 1000) / PLAYS.length)
        clearInterval(watching)
        await attack.stop()
        expect({ plays, refusals: one!.refusals }).toEqual({ plays, refusals: [] })
        here.push(...one!.times)
        there.push(...two!.times)
      }
      expect(p99(here)).toBeLessThan(2 * p99(there) + NOISE_MS)
      expect(most - before).toBeLessThan(GROWTH_MB + Math.max(0, other.rssMb() - beforeThere))
    },
    (SECONDS + 60) * 1000,
  )
})

/** Resolves when the attack has been going on for a moment. */
async function start(plays: string, key: string) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'hostile-client.ts')], {
    env: { ...process.env, HOSTILE: plays, TARGET_PORT: String(attacked.port), TARGET_KEY: key },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  await sleep(500)
  return {
    async stop() {
      expect(child.exitCode).toBeNull()
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}
