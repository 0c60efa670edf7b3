import { _, type CodeKeywordDefinition } from 'ajv/dist/2020.js'
import { isMultipleOf } from './decimal-step.ts'
import { areDistinct } from './distinct-items.ts'

/**
 * Keywords of JSON Schema that Ajv is told anew; they can be written out as code, for standalone validators.
 *
 * `multipleOf` is tested in decimal: 0.07 is a multiple of 0.01, whatever doubles say. `uniqueItems` takes
 * time in proportion to its list, where Ajv's own compares every pair.
 */
export const keywords: readonly CodeKeywordDefinition[] = [
  {
    keyword: 'multipleOf',
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
  },
  {
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    error: { message: 'must not have an item twice' },
    code(context) {
      if (context.schema !== true) return
      const test = context.gen.scopeValue('func', {
        ref: areDistinct,
        code: _`require("./distinct-items.ts").areDistinct`,
      })
      context.fail(_`!${test}(${context.data})`)
    },
  },
]
