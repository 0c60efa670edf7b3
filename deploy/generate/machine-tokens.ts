import { TributaryError } from '../../core/errors.ts'
import { attribute, pascal, ref, STACK, sub, type Value } from './cloudformation.ts'
import type { MachineFile } from './machine-files.ts'

const FUNCTION = /^(\w+)FunctionArn$/
const MACHINE = /^(\w+)StateMachineArn$/

/** What a placeholder stands for that is neither a function nor a machine. */
const OTHER: Readonly<Record<string, Value>> = {
  EmrInstanceProfile: ref('EmrInstanceProfile'),
  EmrLogUri: sub(`s3://\${LakeBucket}/emr/`),
  EmrReleaseLabel: 'emr-7.9.0',
  EmrSecurityConfiguration: ref('EmrSecurityConfiguration'),
  EmrServiceRole: ref('EmrServiceRole'),
  EmrSubnetIdA: ref('SubnetA'),
  EmrSubnetIdB: ref('SubnetB'),
  SparkClusterName: `${STACK}-spark`,
  StackName: STACK,
}

/** The functions a machine calls, by their names in serverless.yml with a capital. */
export function functionsOf({ tokens }: MachineFile): readonly string[] {
  return tokens.flatMap(token => FUNCTION.exec(token)?.[1] ?? [])
}

/** The machines a machine starts. */
export function machinesOf({ tokens }: MachineFile): readonly string[] {
  return tokens.flatMap(token => MACHINE.exec(token)?.[1] ?? [])
}

/**
 * The value of each placeholder of a machine.
 *
 * @throws TributaryError `invalid_declaration` for a placeholder that nothing stands for
 */
export function substitutionsOf(machine: MachineFile, functions: readonly string[]): Record<string, Value> {
  const known = new Set(functions.map(pascal))
  return Object.fromEntries(machine.tokens.map(token => [token, meaningOf(machine, token, known)]))
}

function meaningOf({ name }: MachineFile, token: string, functions: ReadonlySet<string>): Value {
  const called = FUNCTION.exec(token)?.[1]
  if (called !== undefined && functions.has(called)) return attribute(`${called}LambdaFunction`, 'Arn')
  const started = MACHINE.exec(token)?.[1]
  if (started !== undefined) return machineArn(started)
  const other = OTHER[token]
  if (other !== undefined) return other
  throw new TributaryError(
    'invalid_declaration',
    `state-machines/${name}.asl.json: nothing stands for \${${token}}; add a function of that name, or the token to deploy/generate/machine-tokens.ts`,
  )
}

/** By name: two machines may start each other. */
function machineArn(name: string): Value {
  const file = name.replaceAll(/(?<!^)[A-Z]/g, letter => `-${letter}`).toLowerCase()
  return sub(`arn:\${AWS::Partition}:states:\${AWS::Region}:\${AWS::AccountId}:stateMachine:${STACK}-${file}`)
}
