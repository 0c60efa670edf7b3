import type { RegExpEngine } from 'ajv/dist/types/index.js'
import { compilePattern } from '../../core/pattern/pattern.ts'

/** How Ajv compiles patterns; `code`: how a written validator does. */
export const regExp: RegExpEngine = Object.assign((source: string) => compilePattern(source), {
  code: 'require("./regular-expression.ts").regExp',
})
