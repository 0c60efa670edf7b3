import pino from 'pino'
import { expect, test } from 'vitest'
import { logOutput } from '../../local/log-output.ts'

test('a line of the log has nothing in it that a terminal obeys, and says the same', () => {
  let written = ''
  const write = (text: string | Uint8Array) => {
    written += String(text)
    return true
  }
  const logger = pino({ level: 'info' }, logOutput({ write }))
  const text = '\u001b[2J\u009b2J\u007f\u202e\u2028\t\n"ä😀'
  logger.warn({ origin: text }, text)
  expect(written).toMatch(/^[^\p{Cc}\u202e\u2028]*\n$/u)
  expect(JSON.parse(written)).toMatchObject({ origin: text, msg: text })
})
