import { setTimeout } from 'node:timers/promises'
import { TributaryError } from '../../core/errors.ts'
import { type Client, type Connection, connect, isObject } from './client.ts'
import { type Environment, print, printTable, Unsuccessful } from './environment.ts'

/** A run as the API gives it. */
export type RunAnswer = {
  readonly id: string
  readonly machine: string
  readonly status: string
  readonly startedAt: string
  readonly endedAt: string | null
  readonly states: readonly { readonly name: string; readonly enteredAt: string }[]
  readonly report: Readonly<Record<string, unknown>>
  readonly error?: { readonly name: string; readonly cause: string }
}

const POLL_MS = 500

export async function listRuns(
  environment: Environment,
  flags: Connection & { limit?: string },
): Promise<void> {
  const client = await connect(environment, flags)
  const { runs } = (await client.call(
    'GET',
    `/v1/runs?limit=${encodeURIComponent(flags.limit ?? '20')}`,
  )) as {
    runs: readonly RunAnswer[]
  }
  if (flags.json) return print(environment, JSON.stringify(runs))
  printTable(environment, [
    ['id', 'machine', 'status', 'started', 'state'],
    ...runs.map(run => [run.id, run.machine, run.status, run.startedAt, run.states.at(-1)?.name ?? '']),
  ])
}

export async function showRun(environment: Environment, id: string, flags: Connection): Promise<void> {
  const client = await connect(environment, flags)
  printRun(environment, await readRun(client, id), flags)
}

export async function followRun(environment: Environment, id: string, flags: Connection): Promise<void> {
  await follow(environment, await connect(environment, flags), id, flags)
}

/** Starts a state machine; with `follow`, stays until it ends and fails when it does. */
export async function startRun(
  environment: Environment,
  machine: string,
  input: Readonly<Record<string, unknown>>,
  flags: Connection & { readonly follow?: boolean },
): Promise<void> {
  const client = await connect(environment, flags)
  const run = (await client.call('POST', '/v1/runs', { machine, input })) as RunAnswer
  if (flags.follow) return follow(environment, client, run.id, flags)
  print(environment, flags.json ? JSON.stringify(run) : `started ${run.id}; tributary runs follow ${run.id}`)
}

async function follow(
  environment: Environment,
  client: Client,
  id: string,
  flags: Connection,
): Promise<void> {
  let shown = 0
  for (;;) {
    const run = await readRun(client, id)
    if (!flags.json)
      for (const { name, enteredAt } of run.states.slice(shown)) print(environment, `${enteredAt}  ${name}`)
    shown = run.states.length
    if (run.status !== 'running') {
      printRun(environment, run, flags)
      if (run.status !== 'succeeded') throw new Unsuccessful()
      return
    }
    await setTimeout(POLL_MS, undefined, { signal: environment.signal })
  }
}

async function readRun(client: Client, id: string): Promise<RunAnswer> {
  return (await client.call('GET', `/v1/runs/${encodeURIComponent(id)}`)) as RunAnswer
}

function printRun(environment: Environment, run: RunAnswer, { json }: Connection): void {
  if (json) {
    print(environment, JSON.stringify(run))
    return
  }
  print(environment, `${run.id}  ${run.machine}  ${run.status}  ${run.startedAt} → ${run.endedAt ?? 'now'}`)
  for (const [name, value] of Object.entries(run.report))
    print(environment, `  ${name}: ${JSON.stringify(value)}`)
  if (run.error !== undefined) print(environment, `  ${run.error.name}: ${run.error.cause}`)
}

/** Reads `--input`. */
export function inputOf(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    if (isObject(value)) return value
  } catch (cause) {
    throw new TributaryError('invalid_setting', '--input is not JSON; give an object such as {"epoch":0}', {
      cause,
    })
  }
  throw new TributaryError('invalid_setting', '--input is not a JSON object')
}
