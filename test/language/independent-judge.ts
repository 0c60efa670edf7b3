import { Ajv2020 } from 'ajv/dist/2020.js'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import { scaleText } from '../oracle/decimal.ts'
import { sorted } from './expected.ts'

/** More decimal places than any double has. */
const PLACES = 1100

/**
 * What JSON Schema itself says, by Ajv as it comes: another reading of a schema than the platform's, which
 * rewrites it first. Two keywords are told anew: `multipleOf`, in decimal as docs/declare.md has it, and
 * `uniqueItems`, which fails there where an item has a key `valueOf`.
 */
export function judgeOf(schema: object): (data: unknown) => boolean {
  const ajv = new Ajv2020({ strict: false, formats: { ...fullFormats, url: isUrl }, ownProperties: true })
  ajv.removeKeyword('multipleOf').addKeyword({
    ...{ keyword: 'multipleOf', type: 'number', schemaType: 'number' },
    validate: (step: number, value: number) => units(value) % units(step) === 0n,
  })
  ajv.removeKeyword('uniqueItems').addKeyword({
    ...{ keyword: 'uniqueItems', type: 'array', schemaType: 'boolean' },
    validate: (isAsked: boolean, items: readonly unknown[]) =>
      !isAsked || new Set(items.map(sorted)).size === items.length,
  })
  return ajv.compile(schema) as (data: unknown) => boolean
}

const units = (value: number) => scaleText(JSON.stringify(value), PLACES)

/** The one that comes with Ajv refuses some that browsers take. */
const isUrl = (text: string) => /^(?:https?|ftp):\/\/[^\s/?#]\S*$/i.test(text) && URL.canParse(text)
