import { describe, expect, test } from 'vitest'
import { packed } from '../../../../drivers/warehouse/redshift/batch.ts'

const sql = (i: number, bytes: number) => `INSERT ${i} `.padEnd(bytes, 'x')
const body = (count: number, bytes: number) => Array.from({ length: count }, (_, i) => sql(i, bytes))
/** The statements within procedures, in the order in which they are called. */
function unpacked(batch: readonly string[]): string[] {
  const bodies = new Map<string, string>()
  const done: string[] = []
  for (const statement of batch) {
    const made = /^CREATE OR REPLACE PROCEDURE (\S+) AS (\$\w*\$)(.*)$/s.exec(statement)
    // As an engine reads it: the body ends at the next quote like the first.
    const [inside, rest] =
      made === null ? [] : [made[3]!.split(made[2]!)[0]!, made[3]!.split(made[2]!).slice(1)]
    if (rest !== undefined) expect(rest).toEqual([' LANGUAGE plpgsql'])
    if (made !== null) bodies.set(made[1]!, /^ BEGIN (.*); END; $/s.exec(inside!)![1]!)
    else if (statement.startsWith('CALL ')) done.push(...bodies.get(statement.slice(5))!.split('; '))
    else done.push(statement)
  }
  return done
}

describe('a batch of the Data API', () => {
  test('holds forty statements as they are', () => {
    expect(packed(['SET x'], body(39, 90))).toEqual(['SET x', ...body(39, 90)])
  })

  test.each([
    [40, 90],
    [300, 5_000],
    [37, 99_000],
  ])('holds %i statements of %i bytes, in order, none over 100 KB', (count, bytes) => {
    const batch = packed(['SET x', 'LOCK y'], body(count!, bytes!))
    expect(batch.length).toBeLessThanOrEqual(40)
    expect(Math.max(...batch.map(each => Buffer.byteLength(each)))).toBeLessThanOrEqual(100_000)
    expect(unpacked(batch)).toEqual(['SET x', 'LOCK y', ...body(count!, bytes!)])
  })

  test.each(['$$', '$body_0$', '$body_0$ $body_1$', '$$; DROP TABLE x; END; $$ LANGUAGE plpgsql'])(
    'holds names and texts with %s as they are, also within procedures',
    text => {
      const statements = body(60, 90).map((each, i) => `${each} "${text} ${i}"`)
      expect(unpacked(packed([], statements)).join('; ')).toBe(statements.join('; '))
    },
  )

  test('refuses what it cannot hold, and says what to do', () => {
    const refused = expect.objectContaining({
      code: 'invalid_declaration',
      message: expect.stringMatching(/fewer/),
    })
    expect(() => packed([], [sql(0, 100_001)])).toThrow(refused)
    expect(() => packed([], body(41, 90_000))).toThrow(refused)
  })
})
