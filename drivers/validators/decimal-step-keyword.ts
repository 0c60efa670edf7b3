import { _, type CodeKeywordDefinition } from 'ajv/dist/2020.js'
import { isMultipleOf } from './decimal-step.ts'

/** The keyword `decimalStep`: `multipleOf`, tested in decimal. It can be written out as code, for standalone validators. */
export const decimalStep: CodeKeywordDefinition = {
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
