import { groupSchema } from '../api/pipeline-schemas.ts'
import type { JsonSchema } from '../data/fields.ts'
import type { Metric } from '../declare/metric-plan.ts'
import type { Contract, Pipeline } from '../declare/pipeline.ts'
import { keyed, quoted } from '../declare/source-text.ts'
import { alternativesIn, notNull, type Shape, takesNull } from '../schema/shape.ts'

/** The types of a pipeline's events and metrics, as TypeScript: `Events` and `Metrics`. */
export function typescriptTypes({ latest, metrics }: Pick<Pipeline, 'latest' | 'metrics'>): string {
  return [
    '/** Data of each type of event, by its newest version. */',
    ...block('export type Events =', [...latest.values()].flatMap(eventLines)),
    '',
    '/** Groups and values of each metric. */',
    ...block('export type Metrics =', metrics.flatMap(metricLines)),
  ].join('\n')
}

function eventLines({ type, version, title, description, data }: Contract): readonly string[] {
  return [
    ...comment(`${title}, version ${version}. ${description}`),
    `readonly ${quoted(type)}: ${typeOf(data)}`,
  ]
}

function metricLines({ name, title, description, by, measures }: Metric): readonly string[] {
  // A row of another grouping has not every field.
  const group = by.map(field => `readonly ${keyed(field.name)}?: ${typeOfScalar(groupSchema(field))}`)
  const values = measures.map(
    ({ name: measure, result }) => `readonly ${keyed(measure)}: ${typeOfScalar(result.schema)}`,
  )
  return [
    ...comment(`${title}. ${description}`),
    ...block(`readonly ${keyed(name)}:`, [
      ...block('readonly group:', group),
      ...block('readonly values:', values),
    ]),
  ]
}

/** Groups and values of measures are scalars. */
function typeOfScalar(schema: object): string {
  const { type } = schema as JsonSchema
  return type === undefined ? 'unknown' : [type].flat().map(plainType).join(' | ')
}

const PLAIN: Readonly<Record<string, string>> = { integer: 'number', null: 'null' }

const plainType = (name: string): string => PLAIN[name] ?? name

/** What a value may be. More than a type can say (lengths, ranges, patterns) the platform judges. */
function typeOf(shape: Shape): string {
  const one = withoutNull(takesNull(shape) && shape.type !== 'null' ? notNull(shape) : shape)
  return takesNull(shape) && one !== 'null' && one !== 'unknown' ? `${one} | null` : one
}

function withoutNull(shape: Shape): string {
  const alternatives = alternativesIn(shape)
  if (alternatives !== undefined) return alternatives.map(each => typeOf(each)).join(' | ') || 'null'
  if ('enum' in shape && shape.enum !== undefined)
    return shape.enum.map(value => JSON.stringify(value)).join(' | ') || 'never'
  if (shape.type === undefined) return 'unknown'
  const [type] = [shape.type].flat()
  if (type === 'array') return `readonly ${inBrackets(itemsOf(shape))}[]`
  return type === 'object' ? objectType(shape as ObjectLike) : plainType(type!)
}

type ObjectLike = Extract<Shape, { readonly properties?: unknown }>

function objectType({ properties, required = [], additionalProperties }: ObjectLike): string {
  if (properties === undefined) {
    const values = typeof additionalProperties === 'object' ? typeOf(additionalProperties) : 'unknown'
    return `Readonly<Record<string, ${values}>>`
  }
  // Every object has a `toString` for the compiler: one that is left out may be of no other type.
  const lines = Object.entries(properties).flatMap(([name, shape]) => [
    ...comment(notesOf(shape)),
    required.includes(name)
      ? `readonly ${keyed(name)}: ${typeOf(shape)}`
      : `readonly ${keyed(name)}?: ${name in Object.prototype ? 'unknown' : typeOf(shape)}`,
  ])
  return block('', lines).join('\n')
}

const itemsOf = (shape: Shape): string =>
  'items' in shape && shape.items !== undefined ? typeOf(shape.items) : 'unknown'

const inBrackets = (type: string): string => (/^[\w.]+$/.test(type) ? type : `(${type})`)

function notesOf(shape: Shape): string {
  const format = 'format' in shape && shape.format === 'date-time' ? 'An instant, RFC 3339.' : ''
  return [shape.description ?? shape.title ?? '', format].filter(text => text !== '').join('. ')
}

/** A comment that ends where it ends. */
function comment(text: string): readonly string[] {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll('*/', '* /').trim()
  return line === '' ? [] : [`/** ${line} */`]
}

function block(head: string, lines: readonly string[]): readonly string[] {
  const open = head === '' ? '{' : `${head} {`
  if (lines.length === 0) return [`${open}}`]
  return [open, ...lines.flatMap(line => line.split('\n').map(each => `  ${each}`)), '}']
}
