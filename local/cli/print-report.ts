import { isObject } from '../../core/json/is-object.ts'
import { type Environment, print, printTable } from './environment.ts'

/** Lines of epochs and types, and names in a list, that are shown of a report; `--json` has them all. */
const MOST_LINES = 20
/** Characters of anything else. */
const MOST_CHARACTERS = 300

type Fields = Readonly<Record<string, unknown>>

/** What a report says of a type in an epoch. `problem`: what differs, empty where nothing does. */
type Line = {
  readonly epoch: string
  readonly type: string
  readonly events: number
  readonly duplicates: number
  readonly problem: string
}

/** Prints the report of a run for a person: epochs and types, totals, and whether layers agree. */
export function printReport(environment: Environment, report: Fields): void {
  const { epochs, held, ...others } = report
  // One a line: the second must not be cut away by the keys of the first.
  const all = Object.entries(fields(held))
  for (const [id, why] of all.slice(0, MOST_LINES))
    print(environment, `  held: ${id} ${cut(JSON.stringify(why))}`)
  if (all.length > MOST_LINES) print(environment, `  held: … and ${all.length - MOST_LINES} more (--json)`)
  for (const [name, value] of Object.entries(others))
    print(environment, `  ${name}: ${cut(JSON.stringify(value))}`)
  if (isObject(epochs) && Object.keys(epochs).length > 0) printEpochs(environment, epochs)
}

function printEpochs(environment: Environment, epochs: Fields): void {
  const lines = Object.entries(epochs).flatMap(([epoch, said]) => linesOf(epoch, fields(said)))
  // What differs is what the report is read for.
  const shown = lines
    .toSorted((a, b) => Number(a.problem === '') - Number(b.problem === ''))
    .slice(0, MOST_LINES)
  printTable(environment, [
    ['  epoch', 'type', 'events', 'duplicates', 'differs'],
    ...shown.map(line => [
      `  ${line.epoch}`,
      line.type,
      `${line.events}`,
      `${line.duplicates}`,
      line.problem,
    ]),
  ])
  if (shown.length < lines.length) print(environment, `  … and ${lines.length - shown.length} more (--json)`)
  const sum = (name: 'events' | 'duplicates') => lines.reduce((total, line) => total + line[name], 0)
  const types = new Set(lines.map(({ type }) => type)).size
  const size = `${Object.keys(epochs).length} epochs, ${types} types`
  print(environment, `  ${size}: ${sum('events')} events, ${sum('duplicates')} duplicates`)
  for (const name of ['changed', 'lost', 'unread', 'notComputed', 'accepted'])
    printNamed(environment, name, Object.values(epochs).map(fields))
  print(environment, `  ${verdict(Object.values(epochs).map(fields))}`)
}

function linesOf(epoch: string, said: Fields): readonly Line[] {
  const { types, metrics } = fields(said['reconciliation'])
  const compared = fields(types)
  const differing = Object.entries(fields(metrics)).flatMap(([metric, numbers]) => differs(metric, numbers))
  const ofTypes = Object.entries({ ...fields(said['refined']), ...compared }).map(([type, numbers]): Line => {
    const { curated, duplicates, problems } = fields(numbers)
    const problem = Array.isArray(problems) ? problems.join('; ') : ''
    return { epoch, type, events: Number(curated ?? 0), duplicates: Number(duplicates ?? 0), problem }
  })
  return [...ofTypes, ...differing.map(problem => ({ epoch, type: '', events: 0, duplicates: 0, problem }))]
}

function differs(metric: string, numbers: unknown): readonly string[] {
  const { different, compared } = fields(numbers)
  return Number(different ?? 0) > 0 ? [`${metric}: ${String(different)} of ${String(compared)} keys`] : []
}

/** What epochs say under one name, added up by type or metric where it is a number. */
function printNamed(environment: Environment, name: string, epochs: readonly Fields[]): void {
  const all = new Map<string, unknown>()
  for (const epoch of epochs)
    for (const [id, value] of Object.entries(fields(epoch[name]))) {
      const before = all.get(id)
      all.set(id, typeof before === 'number' && typeof value === 'number' ? before + value : value)
    }
  const said = [...all]
    .filter(([, value]) => value !== 0)
    .map(([id, value]) => `${id} ${JSON.stringify(value)}`)
  if (said.length > 0) print(environment, `  ${name}: ${cut(said.join(', '))}`)
}

function verdict(epochs: readonly Fields[]): string {
  const compared = epochs.flatMap(({ reconciliation }) => (isObject(reconciliation) ? [reconciliation] : []))
  const wrong = compared.filter(({ ok }) => ok !== true).length
  const of = `of ${epochs.length} epochs`
  if (wrong > 0) return `reconciliation: differs in ${wrong} ${of}; --json has the keys and both cells`
  if (compared.length === 0) return 'reconciliation: nothing was compared'
  return `reconciliation: ${compared.length} ${of} compared, nothing differs`
}

function cut(text: string): string {
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}… (--json)`
}

function fields(value: unknown): Fields {
  return isObject(value) ? value : {}
}
