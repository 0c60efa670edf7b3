/** An error of DynamoDB's API: `name` as its API reference has it, and what it carries beside its message. */
export class DynamodbError extends Error {
  readonly fields: Readonly<Record<string, unknown>>

  constructor(name: string, message: string, fields: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.name = name
    this.fields = fields
  }
}

export function invalid(message: string): DynamodbError {
  return new DynamodbError('ValidationException', message)
}

/**
 * What DynamoDB can do and this double cannot. Never an answer of the service: a test that gets it is wrong.
 */
export function notKnown(what: string): DynamodbError {
  return new DynamodbError('NotInTheDouble', `the double of DynamoDB does not know ${what}`)
}

/** Refuses what nobody would look at. */
export function requireKnown(input: object, known: readonly string[], what: string): void {
  const other = Object.entries(input).find(([name, value]) => value !== undefined && !known.includes(name))
  if (other !== undefined) throw notKnown(`${other[0]} of ${what}`)
}
