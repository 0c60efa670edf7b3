import type { ErrorObject } from 'ajv'
import type { Contract } from '../../core/declare/pipeline.ts'
import { TributaryError } from '../../core/errors.ts'
import type { Validators } from '../../core/ports/validators.ts'
import { violation } from './violation.ts'

/**
 * A validator as Ajv writes it: whether data is right; what is wrong stands in `errors` until the next call.
 */
export type WrittenValidator = { (data: unknown): boolean; errors?: readonly ErrorObject[] | null }

/** Name of a contract's validator among the written ones. */
export function validatorName({ type, version }: Pick<Contract, 'type' | 'version'>): string {
  return `${type} ${version}`
}

/**
 * Validators that were written out when the platform was packaged (`standaloneCode`), so that a cold start
 * compiles nothing. They judge as `createAjvValidators` does, in the same words.
 *
 * @throws (validatorOf) TributaryError `invalid_declaration` for a contract that was not there at packaging
 */
export function createStandaloneValidators(written: Readonly<Record<string, WrittenValidator>>): Validators {
  return {
    validatorOf(contract) {
      const name = validatorName(contract)
      const validate = Object.hasOwn(written, name) ? written[name] : undefined
      if (validate === undefined)
        throw new TributaryError(
          'invalid_declaration',
          `contract ${name} has no written validator; package the contracts layer again`,
        )
      return data => (validate(data) ? undefined : violation(contract, validate.errors?.[0]))
    },
  }
}
