import type { Format } from 'ajv'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import { createEventTimeReader } from '../../core/data/event-time.ts'
import { FORMATS } from '../../core/schema/formats.ts'

const timeOf = createEventTimeReader()

/** Those that the platform reads itself: instants as it reads them everywhere. */
const OWN: Readonly<Record<string, Format>> = {
  'date-time': (text: string) => timeOf(text) !== undefined,
  // That of ajv-formats takes time in proportion to the square of the length.
  url: (text: string) => /^(?:https?|ftp):\/\/[^\s/?#]/i.test(text) && URL.canParse(text) && !/\s/.test(text),
}

/** The tests of the formats that contracts may name (core/schema/formats.ts). */
export const formats: Readonly<Record<string, Format>> = Object.fromEntries(
  Object.keys(FORMATS).map(name => [name, OWN[name] ?? fullFormats[name as keyof typeof fullFormats]]),
)
