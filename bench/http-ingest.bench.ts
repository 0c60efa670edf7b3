import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { platform } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/**
 * HTTP ingest: bare node:http beside the whole of ours, in alternating rounds, median. Servers are pinned to core 0, the load to core 1
 * (Linux only). Shows events/s of wall time, and events per second of the server's CPU time, which other processes on the machine
 * disturb less. `node bench/http-ingest.bench.ts [rounds] [ms a round]`
 */
const [rounds = 5, duration = 3000] = process.argv.slice(2).map(Number)
const CONNECTIONS = 32
const KINDS = ['bare', 'ours'] as const
const run = promisify(execFile)

type Rate = { readonly wall: number; readonly cpu: number }

for (const events of [1, 100, 500]) {
  const rates = { bare: [] as Rate[], ours: [] as Rate[] }
  for (let round = 0; round < rounds; round++)
    for (const kind of KINDS) rates[kind].push(await measure(kind, events))
  process.stdout.write(`${events} a request\n`)
  for (const clock of ['wall', 'cpu'] as const) {
    const bare = median(rates.bare.map(rate => rate[clock]))
    const ours = median(rates.ours.map(rate => rate[clock]))
    const share = ((ours / bare) * 100).toFixed(0)
    process.stdout.write(`  ${clock.padEnd(4)} bare ${shown(bare)}  ours ${shown(ours)}  ${share} %\n`)
  }
}

async function measure(kind: (typeof KINDS)[number], events: number): Promise<Rate> {
  const server = start(0, 'http-ingest-server.ts', kind)
  try {
    const port = String(await reply(server))
    await load(port, events, Math.min(1500, duration))
    const before = await cpuSeconds(server)
    const sent = await load(port, events, duration)
    return { wall: sent / (duration / 1000), cpu: sent / ((await cpuSeconds(server)) - before) }
  } finally {
    server.kill()
    await once(server, 'exit')
  }
}

async function cpuSeconds(server: ChildProcess): Promise<number> {
  server.send('cpu')
  return reply(server)
}

async function reply(server: ChildProcess): Promise<number> {
  const [value] = (await once(server, 'message', { signal: AbortSignal.timeout(20_000) })) as [number]
  return value
}

async function load(port: string, events: number, ms: number): Promise<number> {
  const [command, ...args] = pinned(1, 'http-load.ts', port, String(events), String(CONNECTIONS), String(ms))
  const { stdout } = await run(command!, args, { timeout: ms + 20_000 })
  return (JSON.parse(stdout) as { events: number }).events
}

function start(core: number, script: string, ...args: string[]): ChildProcess {
  const [command, ...rest] = pinned(core, script, ...args)
  return spawn(command!, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
}

function pinned(core: number, script: string, ...args: string[]): string[] {
  const node = [process.execPath, join(import.meta.dirname, script), ...args]
  return platform() === 'linux' ? ['taskset', '-c', String(core), ...node] : node
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function shown(rate: number): string {
  return Math.round(rate).toLocaleString('en').padStart(9)
}
