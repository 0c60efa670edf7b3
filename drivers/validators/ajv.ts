import { Ajv2020, type CodeOptions } from 'ajv/dist/2020.js'
import type { Contract } from '../../core/declare/pipeline.ts'
import type { Validators } from '../../core/ports/validators.ts'
import { formats } from './formats.ts'
import { keywords } from './keywords.ts'
import { regExp } from './regular-expression.ts'
import { refuseInsecure } from './secure-schema.ts'
import { violation } from './violation.ts'

/**
 * Validators compiled at start by Ajv, JSON Schema 2020-12. Where a start must be quick:
 * `createStandaloneValidators` says the same.
 */
export function createAjvValidators(): Validators {
  const compile = createCompiler()
  return {
    validatorOf(contract) {
      const { validate } = compile(contract)
      return data => (validate(data) ? undefined : violation(contract, validate.errors?.[0]))
    },
  }
}

/**
 * Compiles schemas of contracts, which are in normal form (core/schema): in Ajv's strict mode, and only if
 * its meta-schema for untrusted data takes them. One Ajv for all: each would compile the meta-schemas of its
 * dialect anew, which takes longer than a contract. `code` says how Ajv writes validators, which standalone
 * ones are made from.
 */
export function createCompiler(code: CodeOptions = {}) {
  const ajv = new Ajv2020({
    strict: true,
    // It knows no field beside an `anyOf` of required ones; core/schema refuses names that are not there.
    strictRequired: false,
    allErrors: false,
    ownProperties: true,
    formats,
    code: { regExp, ...code },
  })
  for (const keyword of keywords) ajv.removeKeyword(keyword.keyword as string).addKeyword(keyword)
  return (contract: Contract) => {
    refuseInsecure(contract)
    return { ajv, validate: ajv.compile(contract.data) }
  }
}
