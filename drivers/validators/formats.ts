import type { Format } from 'ajv'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import { createEventTimeReader } from '../../core/data/event-time.ts'

const timeOf = createEventTimeReader()

/**
 * What `format` may name in a contract: the formats of ajv-formats, and `date-time` as the platform itself
 * reads instants.
 */
export const formats: Readonly<Record<string, Format>> = {
  ...fullFormats,
  'date-time': (text: string) => timeOf(text) !== undefined,
}
