import type { Shape } from '../schema/shape.ts'
import type { Node } from './pipeline-schemas.ts'

type Bounds = Readonly<Record<string, number | undefined>>

/**
 * A shape as the description has it: the same values are right. Generators of clients take a default for a
 * promise that the field is there and make class names of titles; linters ask for one bound on each side.
 */
export function describedShape(shape: Shape): Node {
  const { title, ...rest } = shape as Node
  const idle = new Set(['default', ...beyond(rest as Bounds)])
  const parts = Object.entries(rest).filter(([key]) => !idle.has(key))
  return {
    ...(title !== undefined && { description: title }),
    ...Object.fromEntries(parts.map(([key, value]) => [key, describedPart(key, value)])),
  }
}

/** Bounds that stricter ones make idle. */
function beyond({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Bounds): readonly string[] {
  const idle: string[] = []
  if (minimum !== undefined && exclusiveMinimum !== undefined)
    idle.push(minimum > exclusiveMinimum ? 'exclusiveMinimum' : 'minimum')
  if (maximum !== undefined && exclusiveMaximum !== undefined)
    idle.push(maximum < exclusiveMaximum ? 'exclusiveMaximum' : 'maximum')
  return idle
}

function describedPart(key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (key === 'properties')
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, describedShape(one as Shape)]),
    )
  if (key === 'items' || key === 'additionalProperties') return describedShape(value as Shape)
  return key === 'anyOf' ? (value as Shape[]).map(describedShape) : value
}
