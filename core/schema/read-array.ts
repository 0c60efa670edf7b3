import { MOST_ITEMS } from './formats.ts'
import { KEYWORDS } from './keywords.ts'
import { refuseCounts } from './read-scalar.ts'
import { inside, refuse, shown } from './refuse.ts'
import type { ArrayShape } from './shape.ts'
import { pick, type Written } from './written.ts'

/** A list. Where its items are compared it has a largest number of them. */
export function arrayOf({ node, place, reading }: Written): ArrayShape {
  refuseCounts(node, place, 'minItems', 'maxItems')
  const { items, uniqueItems } = node
  if (Array.isArray(items))
    refuse(place, 'has a schema for each item', 'use one schema for all, or an object with named fields')
  if (uniqueItems !== undefined && typeof uniqueItems !== 'boolean')
    refuse(place, `has uniqueItems ${shown(uniqueItems)}`, 'write true, or leave it out')
  const rest = pick(node, KEYWORDS.array)
  const maxItems = Math.min((node['maxItems'] as number | undefined) ?? MOST_ITEMS, MOST_ITEMS)
  return {
    ...rest,
    type: 'array',
    ...(items !== undefined && { items: reading.read(items, inside(place, 'items'), reading) }),
    ...(uniqueItems === true && { maxItems }),
  }
}
