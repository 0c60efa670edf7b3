import { conditionOf } from './conditions.ts'
import { invalid } from './errors.ts'
import { tokensOf } from './lexer.ts'
import { type Placeholders, pathOf } from './names.ts'
import type { Definition } from './store.ts'
import { type Item, typeOf } from './values.ts'

/** The items that a KeyConditionExpression asks for: of one partition, those that it holds for. */
export type KeyRange = { readonly partition: string; readonly holds: (item: Item) => boolean }

/** Signs that may compare a sort key. */
const SIGNS = ['=', '<', '<=', '>', '>=']

/** Reads `pk = :pk` with a condition on the sort key or without ("Query", Amazon DynamoDB API reference). */
export function keyRangeOf(expression: string, definition: Definition, placeholders: Placeholders): KeyRange {
  const { hash, range, types } = definition
  const tokens = tokensOf(expression, 'KeyConditionExpression')
  const wrong = (why: string) => invalid(`Invalid KeyConditionExpression: ${why}`)
  const name = () => {
    const path = pathOf(tokens, placeholders)
    if (path.length !== 1) throw wrong('Query key condition not supported')
    return path[0]
  }
  const value = (of: string) => {
    const found = placeholders.value(tokens.next().text)
    if (typeOf(found) !== types[of])
      throw invalid(
        'One or more parameter values were invalid: Condition parameter type does not match schema type',
      )
    return found
  }
  if (name() !== hash) throw wrong(`Query condition missed key schema element: ${hash}`)
  tokens.expect('=')
  const partition = JSON.stringify(value(hash))
  if (!tokens.take('AND')) {
    tokens.end()
    return { partition, holds: () => true }
  }
  const isCall = tokens.peek().text === 'begins_with'
  if (isCall) {
    tokens.next()
    tokens.expect('(')
  }
  if (name() !== range) throw wrong('Query key condition not supported')
  const sk = { '#sk': range! }
  const holds = (text: string, values: Item) => {
    const own = {
      name: (key: string) => sk[key as '#sk'],
      value: (key: string) => values[key]!,
      requireUsed() {},
    }
    tokens.end()
    return { partition, holds: conditionOf(text, own) }
  }
  if (isCall) {
    tokens.expect(',')
    const start = value(range!)
    tokens.expect(')')
    return holds('begins_with(#sk, :a)', { ':a': start })
  }
  if (tokens.take('BETWEEN')) {
    const low = value(range!)
    tokens.expect('AND')
    return holds('#sk BETWEEN :a AND :b', { ':a': low, ':b': value(range!) })
  }
  const { text } = tokens.next()
  if (!SIGNS.includes(text)) throw wrong(`Syntax error; token: "${text}"`)
  return holds(`#sk ${text} :a`, { ':a': value(range!) })
}
