import { execFile } from 'node:child_process'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { median } from '../figure.ts'

const run = promisify(execFile)

/** A start that takes longer than this is stuck. */
const START_MS = 30_000

/** What each process runs: the import of a handler as Lambda's runtime does it, timed from inside. */
const SCRIPT = `const [start, cpu] = [performance.now(), process.cpuUsage()]
await import(process.argv[1])
const { user, system } = process.cpuUsage(cpu)
process.stdout.write([performance.now() - start, (user + system) / 1000].join(' ') + '\\n')
process.exit(0)`

/**
 * Ms that an import took: by the clock, and of a processor. The clock also shows what else the machine does.
 */
export type Start = { readonly clock: number; readonly cpu: number }

/** How long modules take to import: medians over fresh processes, which take turns. */
export async function startTimes(
  modules: ReadonlyMap<string, string>,
  environment: Readonly<Record<string, string>>,
  rounds: number,
): Promise<ReadonlyMap<string, Start>> {
  const starts = new Map([...modules.keys()].map(name => [name, [] as Start[]]))
  for (let round = 0; round < rounds; round++)
    for (const [name, file] of modules) starts.get(name)!.push(await startOnce(file, environment))
  return new Map([...starts].map(([name, all]) => [name, middleOf(all)]))
}

function middleOf(starts: readonly Start[]): Start {
  return { clock: median(starts.map(start => start.clock)), cpu: median(starts.map(start => start.cpu)) }
}

async function startOnce(file: string, environment: Readonly<Record<string, string>>): Promise<Start> {
  const args = ['--input-type=module', '-e', SCRIPT, pathToFileURL(file).href]
  const env = { PATH: process.env['PATH'], ...environment }
  const { stdout } = await run(process.execPath, args, { env, timeout: START_MS }).catch((cause: Error) => {
    // Node shows the line that threw, which is all of a bundle; errors of ours are called by their code.
    const [problem] = /^(?:\w*Error|[a-z]+(?:_[a-z]+)*): .{0,500}/m.exec(
      cause.message.slice(cause.message.indexOf('\n')),
    ) ?? ['no reason given']
    throw new Error(`${file} does not start: ${problem}`)
  })
  const [clock, cpu] = stdout.trim().split('\n').at(-1)!.split(' ').map(Number) as [number, number]
  return { clock, cpu }
}
