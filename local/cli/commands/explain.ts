import type { AnswerOf } from '../../../functions/table.ts'
import { type Connection, connect } from '../client.ts'
import { type Environment, print, printTable } from '../environment.ts'
import { cell, conditionsOf } from './query.ts'

export type ExplainFlags = Connection & {
  readonly at: string
  readonly where?: readonly string[]
  readonly group?: string
  readonly window?: string
  readonly timezone?: string
  readonly by?: string
  readonly after?: string
  readonly thorough?: boolean
}

type Explained = AnswerOf<'GET /v1/metrics/{name}/explain'>

const PARAMETERS = ['at', 'group', 'window', 'timezone', 'by', 'after'] as const

/** `tributary explain <metric>`: from the number down to its events. */
export async function explain(environment: Environment, metric: string, flags: ExplainFlags): Promise<void> {
  const client = await connect(environment, flags)
  const query = [
    ...PARAMETERS.map(name => [name, flags[name]] as const),
    ['thorough', flags.thorough === true ? 'true' : undefined] as const,
    ...conditionsOf(flags.where ?? []),
  ]
  const found = await client.call('GET /v1/metrics/{name}/explain', { path: [metric], query })
  if (flags.json) return print(environment, JSON.stringify(found))
  printNumber(environment, found)
  printParts(environment, found)
  printEvents(environment, found)
  printNeighbours(environment, found)
  if (found.sql === null) return
  heading(environment, "Curated files count it in DuckDB, started in the lake's folder:")
  for (const line of found.sql.split('\n')) print(environment, line)
}

function heading(environment: Environment, text: string): void {
  print(environment, '')
  print(environment, text)
}

const textOf = (values: Readonly<Record<string, unknown>> | null) =>
  values === null
    ? 'nothing'
    : Object.entries(values)
        .map(([name, value]) => `${name} ${cell(value)}`)
        .join(', ')

function printNumber(environment: Environment, found: Explained): void {
  const { metric, window, start, group, values, addsUp, provenance } = found
  const of = Object.keys(group).length === 0 ? '' : ` of ${textOf(group)}`
  print(environment, `${metric}, ${window} of ${start}${of}: ${textOf(values)}`)
  const boundary =
    provenance.boundary === null ? 'nothing is published yet' : `exact through epoch ${provenance.boundary}`
  const verdict = addsUp ? 'the parts add up to the number' : 'THE PARTS DO NOT ADD UP: see the state of each'
  print(environment, `${verdict}; ${boundary}${provenance.run === null ? '' : `, by run ${provenance.run}`}`)
}

function printParts(environment: Environment, { parts }: Explained): void {
  if (parts.length === 0) return
  heading(environment, 'Parts')
  printTable(environment, [
    ['epoch', 'layer', 'events', 'state', 'the views have', 'the events come to'],
    ...parts.map(part => [
      part.epochs > 1 ? `${part.epoch} (${part.epochs} epochs)` : part.epoch,
      part.isLate ? `${part.layer}, late` : part.layer,
      String(part.events ?? '?'),
      part.state,
      textOf(part.values),
      part.state === 'adds up' ? 'the same' : part.ofEvents === null ? '?' : textOf(part.ofEvents),
    ]),
  ])
}

function printEvents(environment: Environment, { events, late }: Explained): void {
  const { total, first, next, masked } = events
  heading(environment, `Events: ${total}${late.events > 0 ? `, of which ${late.events} came late` : ''}`)
  const names = [...new Set(first.flatMap(({ values }) => Object.keys(values)))]
  if (first.length > 0)
    printTable(environment, [
      ['id', 'source', 'time', 'received', ...names, 'file'],
      ...first.map(event => [
        ...[event.id, event.source, event.time],
        event.lateMs === undefined ? event.receivedAt : `${event.receivedAt} (${spanOf(event.lateMs)} after)`,
        ...names.map(name => cell(event.values[name])),
        event.file,
      ]),
    ])
  if (masked.length > 0) print(environment, `not shown to this key: ${masked.join(', ')}`)
  if (next !== null) print(environment, `… there are more: --after ${next}`)
}

const UNITS = [
  ['days', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const

/** A span in its largest unit of which there are two or more. */
function spanOf(ms: number): string {
  const [unit, length] = UNITS.find(([, each]) => ms >= 2 * each) ?? ['ms', 1]
  return `${Math.floor(ms / length)} ${unit}`
}

function printNeighbours(environment: Environment, { duplicates, rejected }: Explained): void {
  heading(environment, `Duplicates that were dropped: ${duplicates.total}`)
  for (const { id, receivedAt, why, counted } of duplicates.first)
    print(
      environment,
      `  ${id}, received ${receivedAt}: ${why}${counted === null ? '' : `; the one received ${counted.receivedAt} counts`}`,
    )
  for (const { epoch, dropped } of duplicates.notRead)
    print(
      environment,
      `  not looked through: epoch ${epoch}${dropped === undefined ? '' : `, which dropped ${dropped} of the type`}; --thorough does`,
    )
  if (rejected === null) return
  const more = rejected.isWhole ? '' : ' or more'
  print(environment, `Rejected events of the type, received in these epochs: ${rejected.total}${more}`)
  for (const { code, events } of rejected.byCode) print(environment, `  ${events} ${code}`)
  if (rejected.naming > 0) print(environment, `  ${rejected.naming} of them name the values of the group`)
}
