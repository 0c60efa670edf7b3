import { _ } from 'ajv/dist/2020.js'
import standalone from 'ajv/dist/standalone/index.js'
import type { Contract } from '../../core/declare/pipeline.ts'
import { createCompiler } from './ajv.ts'

const compile = createCompiler({
  source: true,
  esm: true,
  formats: _`require("./formats.ts").formats`,
})

/**
 * The validator of a contract as the text of an ES module (its default export) that needs no Ajv at run time.
 * What it requires is named relative to this folder, so a bundler has to resolve it from here.
 */
export function standaloneCode(contract: Contract): string {
  const { ajv, validate } = compile(contract)
  return standalone.default(ajv, validate)
}
