import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Throttle } from './dynamodb/context.ts'
import { EMULATORS, openEmulator } from './dynamodb/emulators.ts'
import type { Row } from './dynamodb/semantics/row.ts'
import { ROWS, tableOfRows } from './dynamodb/semantics/table.ts'
import { type Dynamodb, describeOnDynamodb } from './dynamodb.ts'

async function observe(row: Row, dynamodb: Dynamodb, throttle: (which: Throttle) => void): Promise<unknown> {
  const table = await dynamodb.createTable('control')
  return row.observe({ ...dynamodb, table, throttle })
}

describeOnDynamodb('the double of DynamoDB', dynamodb => {
  test.each(ROWS)('$name', async row => {
    try {
      expect(await observe(row, dynamodb, dynamodb.double.throttle)).toEqual(row.expected)
    } finally {
      dynamodb.double.throttle(() => false)
    }
  })
})

describe.each(EMULATORS)('the double and %s', async emulator => {
  const dynamodb = await openEmulator(emulator)
  if ('reason' in dynamodb) {
    console.warn(`skipped: the double is not checked against ${emulator}: ${dynamodb.reason}`)
    test.skip(dynamodb.reason)
    return
  }
  afterAll(() => dynamodb.dispose())
  const [shown, gaps] = [ROWS.filter(row => !row.gaps?.[emulator]), ROWS.filter(row => row.gaps?.[emulator])]
  test.each(shown)('agree: $name', async row => {
    expect(await observe(row, dynamodb, () => {})).toEqual(row.expected)
  })
  // A gap that is closed comes out of the table.
  test.each(gaps)(`differ: $name`, async row => {
    expect(await observe(row, dynamodb, () => {}).catch(String)).not.toEqual(row.expected)
  })
})

test('the README has the table of what DynamoDB does, and of what each emulator shows', async () => {
  const readme = await readFile(join(import.meta.dirname, 'dynamodb', 'README.md'), 'utf8')
  expect(readme).toContain(tableOfRows())
})
