import { Ajv2020, type CodeOptions } from 'ajv/dist/2020.js'
import formatsPlugin from 'ajv-formats'
import type { Contract } from '../../core/declare/pipeline.ts'
import type { Validators } from '../../core/ports/validators.ts'
import { boundNumbers } from './bounded-schema.ts'
import { decimalStep } from './decimal-step-keyword.ts'
import { formats } from './formats.ts'
import { violation } from './violation.ts'

/** Validators compiled at start by Ajv, JSON Schema 2020-12. Where a start must be quick: `standaloneValidators` says the same. */
export function ajvValidators(): Validators {
  return {
    validatorOf(contract) {
      const { validate } = compileContract(contract)
      return data => (validate(data) ? undefined : violation(contract, validate.errors?.[0]))
    },
  }
}

/** Compiles a contract; `code` says how Ajv writes the validator, which standalone validators are made from. */
export function compileContract(contract: Contract, code: CodeOptions = {}) {
  // A new instance a contract: two versions may use the same $id.
  const ajv = new Ajv2020({
    strict: false,
    allErrors: false,
    ownProperties: true,
    validateFormats: true,
    code,
  })
  formatsPlugin.default(ajv)
  ajv.addFormat('date-time', formats['date-time']!)
  ajv.addKeyword(decimalStep)
  return { ajv, validate: ajv.compile(boundNumbers(contract.data, contract.scale)) }
}
