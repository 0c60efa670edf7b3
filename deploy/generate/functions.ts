import { EVENT_FUNCTIONS, TASKS } from '../../functions/batch/table-of-tasks.ts'
import type { LambdaFunction } from '../../functions/routes/lambda-function.ts'
import { HTTP_FUNCTIONS } from '../../functions/table.ts'
import { alarm } from './alarms.ts'
import { pascal, type Resources, ref, STACK, type Value } from './cloudformation.ts'

/** Every function by its name. */
export const FUNCTIONS: Readonly<Record<string, LambdaFunction>> = {
  ...TASKS,
  ...HTTP_FUNCTIONS,
  ...EVENT_FUNCTIONS,
}

/** Name of a function as a file has it: `startRun` is `start-run`. */
export function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
}

/** What the functions of serverless.yml say of one. */
export function declarationOf(name: string, one: LambdaFunction): Readonly<Record<string, Value>> {
  const { description, memory, timeout, layers, hasDisk, environment } = one
  const variables = Object.entries(environment ?? {}).map(([variable, id]) => [variable, ref(id)])
  return {
    name: `${STACK}-${name}`,
    handler: `.build/${name}/index.handler`,
    description,
    package: { patterns: [`.build/${name}/**`] },
    role: `${pascal(name)}Role`,
    ...(environment !== undefined && { environment: Object.fromEntries(variables) as Value }),
    memorySize: memory === 'duckdb' ? `\${param:duckdbMemory}` : memory,
    timeout,
    ...(hasDisk === true && { ephemeralStorageSize: 10_240 }),
    ...(layers.length > 0 && { layers: layers.map(layer => ref(`${pascal(layer)}LambdaLayer`)) }),
  }
}

/**
 * Functions that may have executions of their own, by parameter: a flood at one of them then takes none of
 * the others' (docs/decisions/0055-floods-and-rates.md).
 */
const RESERVED: ReadonlySet<string> = new Set(['authorizer', 'ingest', 'speed'])

/** Nothing where the parameter is 0, which would mean that the function may not run. */
function reserved(id: string): Value {
  return { 'Fn::If': [`With${id}Concurrency`, ref(`${id}Concurrency`), ref('AWS::NoValue')] }
}

/** What the framework has no setting for: reasons beside the function, and the platform's key on its log. */
export function extensionsOf(name: string): Readonly<Record<string, Value>> {
  const id = pascal(name)
  const reasons = 'file(resources/shared/function-reasons.yml)'
  // What takes events in is replaced after what counts them: nothing is accepted that speed does not know.
  const isIntake = FUNCTIONS[name]!.may.includes('takeIn')
  const isPlain = !isIntake && !RESERVED.has(name)
  const more: Readonly<Record<string, Value>> = {
    Metadata: `\${${reasons}:Metadata}`,
    ...(isIntake && { DependsOn: ['SpeedLambdaFunction'] }),
    ...(RESERVED.has(name) && { Properties: { ReservedConcurrentExecutions: reserved(id) } }),
  }
  return {
    [`${id}LambdaFunction`]: isPlain ? `\${${reasons}}` : more,
    [`${id}LogGroup`]: `\${file(resources/shared/encrypted-log.yml)}`,
  }
}

/**
 * Functions that Lambda calls again after a failure. One throttle of a table is made good by itself; what is
 * given up in the end has alarms of its own (resources/alarms/lost.yml).
 */
const CALLED_AGAIN: ReadonlySet<string> = new Set(['speed', 'deliverRaw'])

/** The alarm of a function whose failures no state machine sees. */
export function functionAlarm(name: string): Resources {
  const isCalledAgain = CALLED_AGAIN.has(name)
  const FunctionName = ref(`${pascal(name)}LambdaFunction`)
  return {
    [`${pascal(name)}Fails`]: alarm(
      `${name}-fails`,
      `The function ${name} ${isCalledAgain ? 'has been failing for a quarter of an hour' : 'failed'}`,
      { namespace: 'AWS/Lambda', name: 'Errors', dimensions: { FunctionName } },
      isCalledAgain ? 3 : 1,
    ),
  }
}
