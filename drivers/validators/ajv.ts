import { _, Ajv2020, type CodeKeywordDefinition, type CodeOptions } from 'ajv/dist/2020.js'
import formatsPlugin from 'ajv-formats'
import type { Contract } from '../../core/declare/pipeline.ts'
import type { Validators } from '../../core/ports/validators.ts'
import { boundNumbers } from './bounded-schema.ts'
import { isMultipleOf } from './decimal-step.ts'
import { formats } from './formats.ts'
import { violation } from './violation.ts'

/**
 * Validators compiled at start by Ajv, JSON Schema 2020-12. Where a start must be quick:
 * `createStandaloneValidators` says the same.
 */
export function createAjvValidators(): Validators {
  return {
    validatorOf(contract) {
      const { validate } = compileContract(contract)
      return data => (validate(data) ? undefined : violation(contract, validate.errors?.[0]))
    },
  }
}

/**
 * Compiles a contract; `code` says how Ajv writes the validator, which standalone validators are made from.
 */
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

/**
 * The keyword `decimalStep`: `multipleOf`, tested in decimal. It can be written out as code, for standalone
 * validators.
 */
const decimalStep: CodeKeywordDefinition = {
  keyword: 'decimalStep',
  type: 'number',
  schemaType: 'number',
  error: { message: ({ schema }) => `must be a multiple of ${String(schema)}` },
  code(context) {
    const test = context.gen.scopeValue('func', {
      ref: isMultipleOf,
      code: _`require("./decimal-step.ts").isMultipleOf`,
    })
    context.fail(_`!${test}(${context.data}, ${context.schema})`)
  },
}
