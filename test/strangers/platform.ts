import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { SAMPLE } from '../declared.ts'

/** A platform that was started under a umask that takes no right from anybody. */
export type OpenPlatform = {
  readonly pid: number
  /** Everything it has written. */
  said(): string
  /** Waits until it has written something that matches. */
  saying(pattern: RegExp): Promise<RegExpExecArray>
  stop(): Promise<void>
}

export const KEY = 'key-of-the-platform'

/** @param account that runs it; this one's where none is named */
export function startOpenly(
  settings: Readonly<Record<string, string>>,
  account: { readonly uid?: number; readonly gid?: number } = {},
): OpenPlatform {
  const start = ['umask 000; exec "$0" local/start.ts', process.execPath]
  const child = spawn('sh', ['-c', ...start], {
    ...account,
    env: {
      ...process.env,
      ...{ PORT: '0', TRIBUTARY_KEYS: `admin:${KEY}`, TRIBUTARY_PIPELINE: SAMPLE, TRIBUTARY_EPOCH: '2s' },
      ...settings,
    },
  })
  let output = ''
  child.stdout.on('data', chunk => (output += String(chunk)))
  child.stderr.on('data', chunk => (output += String(chunk)))
  const killed = () => void child.kill('SIGKILL')
  process.on('exit', killed)
  child.once('exit', () => process.off('exit', killed))
  return {
    pid: child.pid!,
    said: () => output,
    async saying(pattern) {
      for (const end = Date.now() + 40_000; Date.now() < end && !hasEnded(child); await sleep(50)) {
        const found = pattern.exec(output)
        if (found !== null) return found
      }
      throw new Error(`the platform has not said ${pattern}: ${output}`)
    },
    async stop() {
      if (hasEnded(child)) return
      child.kill('SIGTERM')
      await once(child, 'exit', { signal: AbortSignal.timeout(30_000) })
    },
  }
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null
