import { isObject } from '../../core/json/is-object.ts'
import type { AnswerOf } from '../../functions/table.ts'
import type { Answer } from './client.ts'
import { type Environment, print } from './environment.ts'

type Ingested = AnswerOf<'POST /v1/events'>
type Conflict = NonNullable<Ingested['conflicting']>[number]
type Unseen = NonNullable<Ingested['unseen']>[number]

/** What answers told of events that were taken, put together; of lists the first are kept. */
export type Told = {
  late: number
  /** Since when ids are remembered, as the last answer said. */
  before?: string
  readonly undeclared: Record<string, readonly string[]>
  conflicts: number
  /** `index` is a place in the input. */
  readonly conflicting: Conflict[]
  readonly unseen: Unseen[]
}

/** Entries of a list that are kept, and shown. */
const MOST_SHOWN = 20

export function nothingTold(): Told {
  return { late: 0, undeclared: {}, conflicts: 0, conflicting: [], unseen: [] }
}

/** Adds what an answer told; `placeOf` says where in the input an event of the request stands. */
export function addTold(told: Told, { body }: Answer, placeOf: (index: number) => number): void {
  if (!isObject(body)) return
  const { late, undeclared = [], conflicting = [], unseen = [] } = body as Partial<Ingested>
  if (late !== undefined) {
    told.late += late.events
    told.before = late.before
  }
  for (const { type, fields } of undeclared)
    told.undeclared[type] = [...new Set([...(told.undeclared[type] ?? []), ...fields])].slice(0, MOST_SHOWN)
  told.conflicts += conflicting.length
  const room = (list: readonly unknown[]) => Math.max(0, MOST_SHOWN - list.length)
  for (const one of conflicting.slice(0, room(told.conflicting)))
    told.conflicting.push({ ...one, index: placeOf(one.index) })
  told.unseen.push(...unseen.slice(0, room(told.unseen)))
}

/** Prints it, a line each; nothing where there was nothing to tell. */
export function printTold(environment: Environment, told: Told): void {
  const { late, before, undeclared, conflicts, conflicting, unseen } = told
  if (conflicts > 0)
    print(environment, `${conflicts} came before with other content; of equal ids the first counts`)
  for (const { index, id, receipt, earlier } of conflicting)
    print(environment, `  event ${index + 1} (id ${id}): ${receipt}, before ${earlier}`)
  for (const { source, from, to, since } of unseen)
    print(environment, `${source}: ${numbersText(from, to)} not seen so far, since ${since}`)
  for (const [type, fields] of Object.entries(undeclared))
    print(environment, `${type}: its contract does not name ${fields.join(', ')}`)
  if (late > 0)
    print(environment, `${late} happened before ${before}: sent at that time, too, they count again`)
}

function numbersText(from: number, to: number): string {
  return from === to ? `number ${from} was` : `numbers ${from} to ${to} were`
}
