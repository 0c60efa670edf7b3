/**
 * Errors of a call of a function that may pass, and that every task which calls one therefore tries again:
 * those of AWS's page (https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html),
 * the throttle that it names, and what ends a function without a word of its own.
 */
export const LAMBDA_ERRORS = [
  'Lambda.Unknown',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
] as const

/** A list of errors that has one of Lambda's in it: its beginning, its items, and the indent of its end. */
const LIST = /("ErrorEquals": \[)([^\]]*"Lambda\.[^\]]*?)\n( *)\]/g

/**
 * A state machine's text with the whole list wherever one of these errors is tried again. The language has no
 * names for lists, so they are written out; here is the one place to change them.
 */
export function withLambdaErrors(machine: string): string {
  return machine.replaceAll(LIST, (_all, start: string, items: string, indent: string) => {
    const listed = JSON.parse(`[${items}]`) as readonly string[]
    const at = listed.findIndex(isOfLambda)
    const others = (part: readonly string[]) => part.filter(error => !isOfLambda(error))
    const all = [...others(listed.slice(0, at)), ...LAMBDA_ERRORS, ...others(listed.slice(at))]
    return `${start}\n${all.map(error => `${indent}  ${JSON.stringify(error)}`).join(',\n')}\n${indent}]`
  })
}

function isOfLambda(error: string): boolean {
  return error.startsWith('Lambda.')
}
