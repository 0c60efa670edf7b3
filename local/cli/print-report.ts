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
  /** Counts by the names of the columns; of what a run did not look at there is none. */
  readonly counts: Readonly<Record<string, number | undefined>>
  readonly problem: string
}

/** From the door to the warehouse: counts of a type in an epoch. */
const COLUMNS = ['accepted', 'rejected', 'raw', 'duplicates', 'curated', 'speed', 'warehouse'] as const

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
    ['  epoch', 'type', ...COLUMNS, 'differs'],
    ...shown.map(line => [
      `  ${line.epoch}`,
      line.type,
      ...COLUMNS.map(name => String(line.counts[name] ?? '')),
      line.problem,
    ]),
  ])
  if (shown.length < lines.length) print(environment, `  … and ${lines.length - shown.length} more (--json)`)
  const sum = (name: (typeof COLUMNS)[number]) =>
    lines.reduce((total, { counts }) => total + (counts[name] ?? 0), 0)
  const types = new Set(lines.map(({ type }) => type)).size
  const size = `${Object.keys(epochs).length} epochs, ${types} types`
  const rejected = sum('rejected') > 0 ? `, ${sum('rejected')} rejected` : ''
  print(environment, `  ${size}: ${sum('curated')} events, ${sum('duplicates')} duplicates${rejected}`)
  for (const name of ['changed', 'lost', 'unread', 'notComputed', 'accepted'])
    printNamed(environment, name, Object.values(epochs).map(fields))
  print(environment, `  ${verdict(Object.values(epochs).map(fields))}`)
}

function linesOf(epoch: string, said: Fields): readonly Line[] {
  const { types, metrics } = fields(said['reconciliation'])
  const compared = fields(types)
  const differing = Object.entries(fields(metrics)).flatMap(([metric, numbers]) => differs(metric, numbers))
  const [refined, rejected, loaded] = [said['refined'], said['rejected'], said['warehouse']].map(fields) as [
    Fields,
    Fields,
    Fields,
  ]
  const ofTypes = Object.keys({ ...refined, ...compared, ...rejected, ...loaded }).map((type): Line => {
    const numbers = fields(compared[type] ?? refined[type])
    const table = fields(loaded[type])
    const counts = {
      ...{ accepted: numbers['accepted'], rejected: rejected[type], raw: numbers['raw'] },
      ...{ duplicates: numbers['duplicates'], curated: numbers['curated'] ?? table['curated'] },
      ...{ speed: numbers['counted'], warehouse: table['rows'] },
    }
    const problems = [numbers['problems'], table['problems']].flatMap(each =>
      Array.isArray(each) ? each : [],
    )
    return { epoch, type, counts: numbersIn(counts), problem: problems.join('; ') }
  })
  return [...ofTypes, ...differing.map(problem => ({ epoch, type: '', counts: {}, problem }))]
}

function numbersIn(counts: Fields): Line['counts'] {
  const known = Object.entries(counts).filter(([, value]) => typeof value === 'number')
  return Object.fromEntries(known) as Line['counts']
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
