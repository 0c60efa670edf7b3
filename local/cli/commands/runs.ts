import { setTimeout } from 'node:timers/promises'
import { checkRunInput } from '../../../core/declare/run-input.ts'
import { TributaryError, toTributaryError } from '../../../core/errors.ts'
import { isObject } from '../../../core/json/is-object.ts'
import { repeatedKey } from '../../../core/json/repeated-key.ts'
import type { AnswerOf } from '../../../functions/table.ts'
import { type Client, type Connection, connect } from '../client.ts'
import { type Environment, print, printTable, Unsuccessful } from '../environment.ts'
import { printReport } from '../print-report.ts'

type Run = AnswerOf<'GET /v1/runs/{id}'>

const POLL_MS = 500

export async function listRuns(
  environment: Environment,
  flags: Connection & { limit?: string },
): Promise<void> {
  const client = await connect(environment, flags)
  const { runs } = await client.call('GET /v1/runs', { query: [['limit', flags.limit ?? '20']] })
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
  requireInput(machine, input)
  const client = await connect(environment, flags)
  const run = await client.call('POST /v1/runs', { body: { machine, input } })
  if (flags.follow) return follow(environment, client, run.id, flags)
  print(environment, flags.json ? JSON.stringify(run) : `started ${run.id}; tributary runs follow ${run.id}`)
}

/** `tributary runs stop <id>`: ends a run after the state it is in. */
export async function stopRun(environment: Environment, id: string, flags: Connection): Promise<void> {
  const client = await connect(environment, flags)
  const run = await client.call('POST /v1/runs/{id}/stop', { path: [id] })
  if (flags.json) return print(environment, JSON.stringify(run))
  const now = run.status === 'running' ? 'stops after the state it is in' : `is ${run.status}`
  print(environment, `${run.id} ${now}; tributary runs follow ${run.id}`)
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

async function readRun(client: Client, id: string): Promise<Run> {
  return client.call('GET /v1/runs/{id}', { path: [id] })
}

function printRun(environment: Environment, run: Run, { json }: Connection): void {
  if (json) {
    print(environment, JSON.stringify(run))
    return
  }
  const by = run.stoppedBy === undefined ? '' : ` by ${run.stoppedBy}`
  const status = run.status === 'running' && by !== '' ? `running, to be stopped${by}` : run.status + by
  print(environment, `${run.id}  ${run.machine}  ${status}  ${run.startedAt} → ${run.endedAt ?? 'now'}`)
  printReport(environment, run.report as Readonly<Record<string, unknown>>)
  if (run.error !== undefined) print(environment, `  ${run.error.name}: ${run.error.cause}`)
}

/** Reads `--input`. */
export function inputOf(text = '{}'): Readonly<Record<string, unknown>> {
  const value = parsedInput(text)
  const repeated = repeatedKey(text)
  if (repeated !== undefined)
    throw new TributaryError(
      'invalid_setting',
      `--input has the key "${repeated.key}" twice; leave one of them`,
    )
  if (isObject(value)) return value
  throw new TributaryError(
    'invalid_setting',
    '--input is not a JSON object; give one such as {"month":"2026-10"}',
  )
}

function parsedInput(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new TributaryError(
      'invalid_setting',
      '--input is not JSON; give an object such as {"month":"2026-10"}',
      { cause },
    )
  }
}

/** Says what is wrong before anything is sent. */
function requireInput(machine: string, input: Readonly<Record<string, unknown>>): void {
  try {
    checkRunInput(machine, input)
  } catch (cause) {
    throw new TributaryError('invalid_setting', toTributaryError(cause).message, { cause })
  }
}
