import { isObject } from '../../core/json/is-object.ts'
import type { ObjectShape, Shape } from '../../core/schema/shape.ts'

/** Data without fields that are not declared: wrong for a typed client, and right for the platform. */
export function declaredOf(shape: Shape, data: unknown): unknown {
  if (Array.isArray(data)) {
    const items = 'items' in shape ? shape.items : undefined
    return items === undefined ? data : data.map(each => declaredOf(items, each))
  }
  if (!isObject(data)) return data
  const { properties, additionalProperties: others } = shape as ObjectShape
  if (properties === undefined) {
    if (typeof others !== 'object') return data
    return Object.fromEntries(Object.entries(data).map(([name, each]) => [name, declaredOf(others, each)]))
  }
  const declared = Object.entries(data).filter(([name]) => Object.hasOwn(properties, name))
  return Object.fromEntries(declared.map(([name, each]) => [name, declaredOf(properties[name]!, each)]))
}
