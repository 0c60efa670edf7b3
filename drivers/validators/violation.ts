import type { ErrorObject } from 'ajv'
import type { Contract } from '../../core/declare/pipeline.ts'
import type { Violation } from '../../core/ports/validators.ts'

/** Names it: Ajv leaves to search for what is too much. */
function undeclared({ params }: ErrorObject): string {
  const name = String(params['additionalProperty']).slice(0, LONGEST_NAME)
  return `must not have ${JSON.stringify(name)}, which is not declared`
}

const LONGEST_NAME = 100

/** What an error of Ajv means to a sender: a code, the place and the rule, never the value. */
export function violation(contract: Contract, error: ErrorObject | undefined): Violation {
  const place = `/data${error?.instancePath ?? ''}`
  const isBound = /^(exclusive)?(maximum|minimum)$/i.test(error?.keyword ?? '')
  const bound = isBound ? Math.abs(Number(error?.params['limit'])) : 0
  if (bound === Number.MAX_SAFE_INTEGER)
    return { code: 'unsafe_integer', detail: `${place} is beyond ±(2^53 − 1); send it as text`, place }
  if (isBound) return { code: 'out_of_range', detail: `${place} ${error?.message ?? ''}`, place }
  const detail =
    error?.keyword === 'additionalProperties' ? undeclared(error) : (error?.message ?? 'is wrong')
  return {
    code: 'schema_violation',
    detail: `${place} ${detail} (contract ${contract.type} version ${contract.version})`,
    place,
  }
}
