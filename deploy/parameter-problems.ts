/** A stack parameter as the template declares it; `Default` is what this deployment gives it. */
export type DeclaredParameter = {
  readonly Type: string
  readonly Default?: unknown
  readonly AllowedValues?: readonly unknown[]
  readonly AllowedPattern?: string
  readonly MinValue?: number
  readonly MaxValue?: number
  /** What the pattern means, in words; CloudFormation shows it, too. */
  readonly ConstraintDescription?: string
}

/**
 * Values of parameters that the stack does not take. CloudFormation would refuse them too, after a stack with
 * a bucket was made, and what reads them before that would say neither which one it is nor where it stands.
 */
export function parameterProblems(
  declared: Readonly<Record<string, DeclaredParameter>>,
  stage: string,
): readonly string[] {
  return Object.entries(declared).flatMap(([name, parameter]) => {
    const values = parameter.Type === 'CommaDelimitedList' ? listOf(parameter.Default) : [parameter.Default]
    const wrong = values.map(String).find(value => !isTaken(parameter, value))
    if (wrong === undefined) return []
    const param = NAMES[name] ?? name[0]!.toLowerCase() + name.slice(1)
    return [
      `parameter ${param} is "${wrong}" (--param ${param}=…, or ${stage} or default in resources/params.yml); give ${wanted(parameter)}`,
    ]
  })
}

/** Parameters that are called otherwise where they are given. */
const NAMES: Readonly<Record<string, string>> = { BackupCopyVault: 'backupVault' }

const listOf = (value: unknown): readonly unknown[] => String(value ?? '').split(',')

function isTaken(
  { Type, AllowedValues, AllowedPattern, MinValue, MaxValue }: DeclaredParameter,
  value: string,
): boolean {
  if (AllowedValues !== undefined && !AllowedValues.map(String).includes(value)) return false
  if (AllowedPattern !== undefined && !new RegExp(AllowedPattern).test(value)) return false
  if (Type !== 'Number') return true
  const number = value.trim() === '' ? Number.NaN : Number(value)
  return number >= (MinValue ?? -Infinity) && number <= (MaxValue ?? Infinity)
}

function wanted(parameter: DeclaredParameter): string {
  const { AllowedValues, ConstraintDescription, MinValue, MaxValue, AllowedPattern } = parameter
  if (ConstraintDescription !== undefined) return ConstraintDescription
  if (AllowedValues !== undefined) return `one of ${AllowedValues.join(', ')}`
  if (AllowedPattern !== undefined) return `a text that matches ${AllowedPattern}`
  if (MaxValue === undefined) return MinValue === undefined ? 'a number' : `a number from ${MinValue} on`
  return `a number from ${MinValue} to ${MaxValue}`
}
