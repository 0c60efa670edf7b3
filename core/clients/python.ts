import type { Contract, Pipeline } from '../declare/pipeline.ts'
import { alternativesIn, notNull, type ObjectShape, type Shape, takesNull } from '../schema/shape.ts'
import { createClassNames, fieldNames, literal } from './python-names.ts'

/**
 * Models of a pipeline's events, as Python with pydantic, `Data` (any of them) and `Metric` (the names of
 * metrics). A class each for data and for the objects in it; lengths and ranges are checked, too.
 */
export function pythonTypes({ latest, metrics }: Pick<Pipeline, 'latest' | 'metrics'>): string {
  const written: Written = { classes: [], nameOf: createClassNames() }
  const models = [...latest.values()].map(contract => modelOf(contract, written))
  const names = metrics.map(({ name }) => literal(name))
  return [
    ...written.classes.flatMap(lines => [...lines, '', '']),
    `Data = ${models.length > 1 ? `Union[${models.join(', ')}]` : (models[0] ?? 'Model')}`,
    `Metric = ${names.length > 0 ? `Literal[${names.join(', ')}]` : 'str'}`,
  ].join('\n')
}

type Written = {
  /** In the order in which Python may read them. */
  readonly classes: (readonly string[])[]
  readonly nameOf: (words: readonly string[]) => string
}

function modelOf({ type, version, title, description, data }: Contract, written: Written): string {
  const name = written.nameOf([type.slice(type.lastIndexOf('.') + 1)])
  const head = [
    literal(`${title}, version ${version}. ${description}`.trim()),
    '',
    `tributary_type: ClassVar[str] = ${literal(type)}`,
  ]
  return classOf(name, data as ObjectShape, head, written)
}

/** Writes a class after those of its parts, and answers its name. */
function classOf(name: string, shape: ObjectShape, head: readonly string[], written: Written): string {
  const { properties = {}, required = [], additionalProperties: others } = shape
  const named = fieldNames(Object.keys(properties))
  const leftOut: string[] = []
  const lines = Object.entries(properties).flatMap(([key, field]) => {
    const isRequired = required.includes(key)
    const own = named.get(key)!
    const type = typeOf(field, [name, key], written)
    const takesNone = takesNull(field)
    if (!isRequired && !takesNone) leftOut.push(...new Set([key, own]))
    const may = isRequired || takesNone ? type : `${type} | None`
    const settings = [
      ...(isRequired ? [] : ['default=None']),
      ...(own === key ? [] : [`alias=${literal(key)}`]),
    ]
    const value = settings.length === 0 ? '' : ` = Field(${settings.join(', ')})`
    return [`${own}: ${may}${settings.join() === 'default=None' ? ' = None' : value}`, ...notesOf(field)]
  })
  // Whoever wrote what else may be there has thought of it; nobody has of a field that is not named.
  const isOpen = others === true || typeof others === 'object'
  const body = [
    ...head,
    ...(isOpen ? ['model_config = ConfigDict(extra="allow")'] : []),
    ...(leftOut.length > 0
      ? [`tributary_left_out: ClassVar[frozenset[str]] = frozenset({${leftOut.map(literal).join(', ')}})`]
      : []),
    ...lines,
  ]
  written.classes.push([
    `class ${name}(Model):`,
    ...(body.length > 0 ? body : ['pass']).map(line => (line === '' ? '' : `    ${line}`)),
  ])
  return name
}

function notesOf({ title, description }: Shape): readonly string[] {
  const text = description ?? title
  return text === undefined ? [] : [literal(text)]
}

/** What a value may be. Patterns, formats and steps the platform judges. */
function typeOf(shape: Shape, path: readonly string[], written: Written): string {
  if (shape.type === 'null') return 'None'
  if (!takesNull(shape)) return withoutNull(shape, path, written)
  const one = withoutNull(notNull(shape), path, written)
  return one === 'Any' || one === 'None' ? one : `${one} | None`
}

function withoutNull(shape: Shape, path: readonly string[], written: Written): string {
  const alternatives = alternativesIn(shape)
  if (alternatives !== undefined)
    return [...new Set(alternatives.map(each => typeOf(each, path, written)))].join(' | ') || 'None'
  if ('enum' in shape && shape.enum !== undefined) return choiceOf(shape.enum)
  switch (shape.type) {
    case 'string':
      return limited('str', { min_length: shape.minLength, max_length: shape.maxLength })
    case 'integer':
    case 'number': {
      const { minimum: ge, maximum: le, exclusiveMinimum: gt, exclusiveMaximum: lt } = shape
      return limited(shape.type === 'integer' ? 'int' : 'float | int', { ge, le, gt, lt })
    }
    case 'boolean':
      return 'bool'
    case 'array': {
      const items = shape.items === undefined ? 'Any' : typeOf(shape.items, [...path, 'item'], written)
      return limited(`list[${items}]`, { min_length: shape.minItems, max_length: shape.maxItems })
    }
    case 'object':
      return objectOf(shape as ObjectShape, path, written)
    default:
      return 'Any'
  }
}

function objectOf(shape: ObjectShape, path: readonly string[], written: Written): string {
  const { properties, additionalProperties: others } = shape
  if (properties !== undefined) return classOf(written.nameOf(path), shape, [], written)
  return `dict[str, ${typeof others === 'object' ? typeOf(others, [...path, 'value'], written) : 'Any'}]`
}

/** A type checker takes texts, whole numbers, booleans and None for choices. */
function choiceOf(values: readonly (string | number | boolean | null)[]): string {
  if (values.length === 0) return 'None'
  if (values.some(value => typeof value === 'number' && !Number.isSafeInteger(value))) return 'float | int'
  return `Literal[${values.map(literal).join(', ')}]`
}

type Limits = Readonly<Record<string, number | undefined>>

function limited(type: string, limits: Limits): string {
  const given = Object.entries(limits).filter(([, limit]) => limit !== undefined)
  if (given.length === 0) return type
  return `Annotated[${type}, Field(${given.map(([name, limit]) => `${name}=${literal(limit!)}`).join(', ')})]`
}
