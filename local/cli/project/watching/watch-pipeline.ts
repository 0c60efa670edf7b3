import { setTimeout as pause } from 'node:timers/promises'
import { type Environment, printError, printLines } from '../../environment.ts'
import { folderState } from './folder-state.ts'
import { type PlatformProcess, problemOf, startPlatformProcess } from './platform-process.ts'

/** Between two looks at the folder; a change is taken once two in a row see the same, ms. */
const LOOK_EVERY_MS = 300

/**
 * `tributary start --watch`: the platform, started again when declarations have changed and are right. Before
 * that it finishes what it has taken; where they are wrong that is told, and it goes on as it was.
 *
 * @param folder of the pipeline
 */
export async function watchPipeline(environment: Environment, folder: string): Promise<void> {
  const terminated = new AbortController()
  process.once('SIGTERM', () => terminated.abort())
  const signal = AbortSignal.any([environment.signal, terminated.signal])
  let settings: Readonly<Record<string, string>> = { TRIBUTARY_PIPELINE: folder }
  // A port that the system has chosen stays, so that whoever sends finds the next one.
  const start = () =>
    startPlatformProcess(environment, settings, url => {
      settings = { ...settings, PORT: new URL(url).port }
    })

  let seen = await folderState(folder)
  let running: PlatformProcess | undefined = start()
  tellEnd(running)
  while (!signal.aborted) {
    const changed = await changeOf(folder, seen, signal)
    if (changed === undefined) break
    seen = changed
    const problem = await problemOf(environment, settings)
    if (signal.aborted) break
    if (problem !== undefined) {
      printError(
        environment,
        `${problem}\nnot taken over; ${running === undefined ? 'nothing runs' : 'the platform goes on as it was'}`,
      )
      continue
    }
    printLines(environment, 'declarations have changed: starting again')
    await running?.stop()
    if (signal.aborted) break
    running = start()
    tellEnd(running)
    if (await running.ready) printLines(environment, 'declarations are taken over')
  }
  await running?.stop()

  /** A start that fails, or a platform that ends by itself: the next change starts it again. */
  function tellEnd(of: PlatformProcess): void {
    void of.ended.then(code => {
      if (running !== of || signal.aborted) return
      if (code !== 0)
        printError(environment, `the platform has ended (${code}); the next change starts it again`)
      running = code === null || code !== 0 ? undefined : running
    })
  }
}

/** The folder's next state that stays for a moment; undefined where it is over. */
async function changeOf(folder: string, seen: string, signal: AbortSignal): Promise<string | undefined> {
  let before = seen
  while (!signal.aborted) {
    await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined)
    const now = await folderState(folder)
    if (now !== seen && now === before) return now
    before = now
  }
  return undefined
}
