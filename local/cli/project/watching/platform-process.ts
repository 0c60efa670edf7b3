import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Environment } from '../../environment.ts'

/** The platform in a process of its own. */
export type PlatformProcess = {
  /** Resolves when it is ready; false where it ended before. */
  readonly ready: Promise<boolean>
  readonly ended: Promise<number | null>
  /** Has it finish what it has taken and end; by force where it does not. */
  stop(): Promise<void>
}

const READY = /^Tributary is ready at (\S+)/m
/** A drain takes some seconds at most; what is acknowledged is durable whatever happens then. */
const LONGEST_DRAIN_MS = 60_000
const LONGEST_CHECK_MS = 60_000
/** Text of a start in which its address is looked for, characters. */
const MOST_TEXT = 100_000

/**
 * Starts it with this very command.
 *
 * @param onAddress told where it listens, so that the next one listens there, too
 */
export function startPlatformProcess(
  { output, errors, variables }: Environment,
  settings: Readonly<Record<string, string>>,
  onAddress: (url: string) => void,
): PlatformProcess {
  const child = spawn(process.execPath, [process.argv[1]!, 'start'], {
    env: { ...variables, ...settings },
    // It ends where this process does, however that ends.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  child.stderr!.pipe(errors, { end: false })
  const ready = new Promise<boolean>(resolve => {
    let text = ''
    child.stdout!.on('data', (chunk: Buffer) => {
      output.write(chunk)
      if (text.length > MOST_TEXT) return
      text += chunk.toString()
      const [, url] = READY.exec(text) ?? []
      if (url === undefined) return
      text = ' '.repeat(MOST_TEXT + 1)
      onAddress(url)
      resolve(true)
    })
    void ended.then(() => resolve(false))
  })
  return {
    ready,
    ended,
    async stop() {
      const force = setTimeout(() => child.kill('SIGKILL'), LONGEST_DRAIN_MS)
      child.kill('SIGTERM')
      await ended
      clearTimeout(force)
    },
  }
}

/** What is wrong with a pipeline folder, as a start would say it; undefined where it is right. */
export async function problemOf(
  { variables }: Environment,
  settings: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  // In a process of its own: modules that were imported once stay as they were.
  const child = spawn(process.execPath, [process.argv[1]!, 'contracts', 'check'], {
    ...{ env: { ...variables, ...settings }, timeout: LONGEST_CHECK_MS },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-MOST_TEXT)
    })
  const [code] = (await once(child, 'close')) as [number | null]
  return code === 0 ? undefined : text.trim() || `the check has not ended within ${LONGEST_CHECK_MS} ms`
}
