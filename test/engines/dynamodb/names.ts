import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { invalid } from './errors.ts'
import type { Tokens } from './lexer.ts'
import type { Path } from './paths.ts'
import { checkItem, type Item, type Value } from './values.ts'

const RESERVED: ReadonlySet<string> = new Set(
  readFileSync(join(import.meta.dirname, 'reserved-words.txt'), 'utf8')
    .split('\n')
    .slice(1)
    .join(' ')
    .split(/\s+/),
)
/** Bytes of an expression ("Constraints", DynamoDB developer guide). */
const LONGEST = 4096

/** The names and values that the expressions of one request may speak of. */
export type Placeholders = {
  readonly name: (placeholder: string) => string
  readonly value: (placeholder: string) => Value
  /** After all expressions are read: what none has used is refused. */
  requireUsed(): void
}

type Input = {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined
  readonly ExpressionAttributeValues?: Item | undefined
}

export function placeholdersOf(input: Input): Placeholders {
  const names = input.ExpressionAttributeNames
  const values = input.ExpressionAttributeValues && checkItem(input.ExpressionAttributeValues)
  for (const [what, given] of Object.entries({ Names: names, Values: values }))
    if (given !== undefined && Object.keys(given).length === 0)
      throw invalid(`ExpressionAttribute${what} must not be empty`)
  const used = new Set<string>()
  const find = <T>(given: Readonly<Record<string, T>> | undefined, key: string, what: string): T => {
    used.add(key)
    const found = given?.[key]
    if (found === undefined)
      throw invalid(
        `An expression attribute ${what} used in expression is not defined; attribute ${what}: ${key}`,
      )
    return found
  }
  return {
    name: key => find(names, key, 'name'),
    value: key => find(values, key, 'value'),
    requireUsed() {
      for (const [what, given] of Object.entries({ Names: names, Values: values }))
        for (const key of Object.keys(given ?? {}))
          if (!used.has(key))
            throw invalid(
              `Value provided in ExpressionAttribute${what} unused in expressions: keys: {${key}}`,
            )
    },
  }
}

/** Reads `a.#b[3].c`. */
export function pathOf(tokens: Tokens, placeholders: Placeholders): Path {
  const path: [string, ...(string | number)[]] = [nameOf(tokens, placeholders)]
  for (;;) {
    if (tokens.take('.')) path.push(nameOf(tokens, placeholders))
    else if (tokens.take('[')) {
      const { kind, text } = tokens.next()
      if (kind !== 'number') throw invalid('Invalid expression: Syntax error; a place of a list is a number')
      path.push(Number(text))
      tokens.expect(']')
    } else return path
  }
}

function nameOf(tokens: Tokens, placeholders: Placeholders): string {
  const { kind, text } = tokens.next()
  if (kind === '#') return placeholders.name(text)
  if (kind !== 'name') throw invalid(`Invalid expression: Syntax error; token: "${text}"`)
  if (RESERVED.has(text.toUpperCase()))
    throw invalid(`Invalid expression: Attribute name is a reserved keyword; reserved keyword: ${text}`)
  return text
}

export function requireShort(expression: string, what: string): void {
  if (expression === '') throw invalid(`Invalid ${what}: The expression can not be empty;`)
  if (Buffer.byteLength(expression) > LONGEST)
    throw invalid(`Invalid ${what}: Expression size has exceeded the maximum allowed size;`)
}
