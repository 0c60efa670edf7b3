import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import trip from '../../../pipeline/contracts/trip.ts'
import { type Running, start } from '../process.ts'

/** A Benthos that takes trips at /v1/events as we do. */
export type Benthos = { readonly port: number; stop(): Promise<void> }

/** Starts Benthos: http_server → json_schema → file; the file synced before the answer where `synced`. */
export async function startBenthos(binary: string, cores: string, synced: boolean): Promise<Benthos> {
  const folder = mkdtempSync(join(tmpdir(), 'peers-benthos-'))
  const config = join(folder, 'config.json')
  const port = 19_095
  writeFileSync(config, JSON.stringify(configOf(port, join(folder, 'events.ndjson'), synced)))
  const running = start([binary, 'run', config], { cores })
  await ready(port, running)
  return {
    port,
    async stop() {
      await running.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** JSON is YAML, which Benthos reads. */
function configOf(port: number, path: string, synced: boolean) {
  return {
    http: { enabled: false },
    logger: { level: 'ERROR' },
    input: {
      http_server: {
        address: `127.0.0.1:${port}`,
        path: '/v1/events',
        timeout: '30s',
      },
    },
    pipeline: {
      processors: [
        { unarchive: { format: 'json_array' } },
        { json_schema: { schema: JSON.stringify(eventSchema()) } },
        // An invalid event is dropped; the others of its request are one write.
        { catch: [{ mapping: 'root = deleted()' }] },
        { archive: { format: 'lines' } },
      ],
    },
    output: synced ? { synced_file: { path } } : { file: { path, codec: 'lines' } },
  }
}

/** What ingest checks of an event: the envelope and the contract's data. */
function eventSchema() {
  return {
    type: 'object',
    required: ['specversion', 'id', 'source', 'type', 'time', 'data'],
    properties: {
      specversion: { const: '1.0' },
      id: { type: 'string', minLength: 1 },
      source: { type: 'string', minLength: 1 },
      type: { const: trip.type },
      time: { type: 'string', format: 'date-time' },
      data: trip.data,
    },
  }
}

async function ready(port: number, running: Running): Promise<void> {
  for (let turn = 0; turn < 200; turn++) {
    // Any answer will do, such as that only POST is allowed.
    const answer = await fetch(`http://127.0.0.1:${port}/v1/events`).catch(() => undefined)
    if (answer !== undefined) return
    await sleep(50)
  }
  await running.stop()
  throw new Error('Benthos did not start')
}
