import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { platform } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Figure, median, type Suite } from '../figure.ts'

/** Rounds of each server, in turn, so that a machine that drifts drifts for both. */
const ROUNDS = 5
const ROUND_MS = 3000
const CONNECTIONS = 32

type Kind = 'bare' | 'bare-durable' | 'ours'

/**
 * HTTP ingest, the full handler path with the durable log, beside bare node:http + JSON.parse + Ajv. Servers
 * are pinned to core 0, the load to core 1 (Linux). Medians over rounds in turn.
 */
export const ingest: Suite = async () => {
  const batch = await compare(100, 'bare')
  const single = await compare(1, 'bare-durable')
  return [
    figure('ingest, 100 events a request', batch, 'node:http + JSON.parse + Ajv', 0.55),
    figure('ingest, single events', single, 'the same + durable append', 0.8),
  ]
}

function figure(
  name: string,
  { ours, floor }: { ours: number; floor: number },
  what: string,
  share: number,
): Figure {
  const reached = ours >= share * floor
  const note = `${((ours / floor) * 100).toFixed(0)} % of the floor`
  return {
    name,
    value: ours,
    unit: 'events/s',
    floor: { what, value: floor },
    target: { text: `≥ ${share} of the floor`, reached },
    note,
  }
}

async function compare(events: number, floorKind: Kind): Promise<{ ours: number; floor: number }> {
  const ours: number[] = []
  const floor: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    floor.push(await measure(floorKind, events))
    ours.push(await measure('ours', events))
  }
  return { ours: median(ours), floor: median(floor) }
}

async function measure(kind: Kind, events: number): Promise<number> {
  const [command, ...args] = pinned(0, 'http-ingest-server.ts', kind)
  const server = spawn(command!, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  try {
    const port = String(await reply(server))
    await load(port, events, 1000)
    return (await load(port, events, ROUND_MS)) / (ROUND_MS / 1000)
  } finally {
    server.kill()
    await once(server, 'exit')
  }
}

async function reply(server: ChildProcess): Promise<number> {
  const [value] = (await once(server, 'message', { signal: AbortSignal.timeout(20_000) })) as [number]
  return value
}

async function load(port: string, events: number, ms: number): Promise<number> {
  const [command, ...args] = pinned(1, 'http-load.ts', port, String(events), String(CONNECTIONS), String(ms))
  const { stdout } = await promisify(execFile)(command!, args, { timeout: ms + 20_000 })
  return (JSON.parse(stdout) as { events: number }).events
}

function pinned(core: number, script: string, ...args: string[]): string[] {
  const node = [process.execPath, join(import.meta.dirname, script), ...args]
  return platform() === 'linux' ? ['taskset', '-c', String(core), ...node] : node
}
