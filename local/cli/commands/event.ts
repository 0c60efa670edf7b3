import type { AnswerOf } from '../../../functions/table.ts'
import { type Connection, connect } from '../client.ts'
import { type Environment, print, printTable } from '../environment.ts'
import { cell } from './query.ts'

export type EventFlags = Connection & {
  readonly type?: string
  readonly source?: string
  readonly since?: string
  readonly until?: string
}

type Journey = AnswerOf<'GET /v1/events/{id}'>
type Followed = Journey['events'][number]

const PARAMETERS = ['type', 'source', 'since', 'until'] as const

/** `tributary event <id>`: what became of one event. */
export async function followEvent(environment: Environment, id: string, flags: EventFlags): Promise<void> {
  const client = await connect(environment, flags)
  const query = PARAMETERS.map(name => [name, flags[name]] as const)
  const found = await client.call('GET /v1/events/{id}', { path: [id], query })
  if (flags.json) return print(environment, JSON.stringify(found))
  for (const one of found.events) printEvent(environment, one)
  for (const { receivedAt, code, detail, replayed } of found.rejected) {
    const why = detail === undefined ? '' : `: ${detail}`
    print(environment, `${receivedAt}  rejected, ${code}${why}${replayed ? '; sent again since' : ''}`)
  }
  printSearched(environment, found)
}

/** What it waits for, in the words of an operator. */
const WAITS: Readonly<Record<NonNullable<Followed['waitsFor']>, string>> = {
  speed: 'the speed layer has not applied it yet',
  raw: 'the raw lake does not have it yet',
  epoch: 'its epoch is still open; the run after it refines it',
  run: 'its epoch has ended; the next run refines it',
  publishing: 'it is refined; not every metric that it moved is published yet',
}

function printEvent(environment: Environment, one: Followed): void {
  const { id, source, type, receipts, stream, raw, curated, epoch, cells, waitsFor } = one
  print(environment, `${id} of ${source}, ${type}: ${one.verdict}`)
  for (const receipt of receipts) {
    const instead = receipt.countedBy === null ? '' : `; ${receipt.countedBy} counts`
    print(environment, `  received ${receipt.receivedAt} as ${receipt.receipt}: ${receipt.verdict}${instead}`)
  }
  const { position, isApplied } = stream
  const at = position === null ? '' : `, at ${position.sequence}/${position.index}`
  const applied = isApplied === null ? '' : isApplied ? '; the speed layer has applied it' : '; not applied'
  print(environment, `  partition ${stream.partition}${at}${applied}`)
  print(environment, `  raw      ${raw?.file ?? 'not there'}`)
  print(environment, `  curated  ${curated?.file ?? 'not there'}`)
  const run = epoch.run === null ? '' : `, published; the last run of it was ${epoch.run}`
  print(environment, `  epoch    ${epoch.start}, ${epoch.isClosed ? 'closed' : 'open'}${run}`)
  if (waitsFor !== null) print(environment, `  ${WAITS[waitsFor]}`)
  printCells(environment, cells)
  if (one.leftOut.length > 0) print(environment, `filters leave it out of ${one.leftOut.join(', ')}`)
  if (one.masked.length > 0) print(environment, `not shown to this key: ${one.masked.join(', ')}`)
  if (one.hidden.length > 0) print(environment, `nor what it adds to ${one.hidden.join(', ')}`)
  print(environment, '')
}

function printCells(environment: Environment, cells: Followed['cells']): void {
  if (cells.length === 0) return
  const textOf = (values: object) =>
    Object.entries(values)
      .map(([name, value]) => `${name} ${cell(value)}`)
      .join(', ')
  printTable(environment, [
    ['moved', 'window', 'group', 'by itself', 'layer'],
    ...cells.map(({ metric, window, start, group, values, layer }) => [
      ...[metric, `${window} of ${start}`, textOf(group), textOf(values), layer],
    ]),
  ])
}

function printSearched(environment: Environment, { searched }: Journey): void {
  const { since, until, types, isWhole, reached, notRead } = searched
  const rest = isWhole ? '' : '; not all of it:'
  print(environment, `looked through ${types} types from ${since} to ${until}${rest}`)
  for (const one of reached) print(environment, `  ${one.type} from ${one.since} on`)
  for (const { type, epoch } of notRead) print(environment, `  no raw lines of ${type} of ${epoch}`)
}
