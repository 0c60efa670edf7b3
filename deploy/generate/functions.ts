import { alarm } from './alarms.ts'
import { pascal, type Resources, ref, type Value } from './cloudformation.ts'

/** What the framework has no setting for: reasons beside the function, and the platform's key on its log. */
export function extensionsOf(name: string): Readonly<Record<string, Value>> {
  const id = pascal(name)
  return {
    [`${id}LambdaFunction`]: `\${file(resources/shared/function-reasons.yml)}`,
    [`${id}LogGroup`]: `\${file(resources/shared/encrypted-log.yml)}`,
  }
}

/** The alarm of a function whose failures no state machine sees. */
export function functionAlarm(name: string): Resources {
  const FunctionName = ref(`${pascal(name)}LambdaFunction`)
  return {
    [`${pascal(name)}Fails`]: alarm(`${name}-fails`, `The function ${name} failed`, {
      namespace: 'AWS/Lambda',
      name: 'Errors',
      dimensions: { FunctionName },
    }),
  }
}
