import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { spanAt } from '../../console/data/pasted/json-place.ts'
import { type Trial, trialOf } from '../../console/data/pasted/trial.ts'
import { pointerTo } from '../../core/json/json-pointer.ts'

const CONTRACT = { type: 'com.example.order', version: 2 }

test('the place of every value of a text is found, however it is indented', () => {
  const visit = (value: unknown, path: readonly string[], text: string): void => {
    const span = spanAt(text, pointerTo(path))
    expect(span).toBeDefined()
    expect(JSON.parse(text.slice(span!.from, span!.to))).toEqual(value)
    if (typeof value !== 'object' || value === null) return
    for (const [key, child] of Object.entries(value)) visit(child, [...path, key], text)
  }
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(0, 1, 2), (value, indent) => {
      const text = ` ${JSON.stringify(value, null, indent)}\n`
      visit(JSON.parse(text), [], text)
    }),
    { numRuns: 300 },
  )
})

test('no text makes it fail, and what is not there is not found', () => {
  fc.assert(fc.property(fc.string(), fc.string(), (text, key) => void spanAt(text, pointerTo([key]))))
  for (const text of ['{"a":', '{"a"', '[1,', '{"a" 1}', '"a', '{"b":1}'])
    expect(spanAt(text, '/a')).toBeUndefined()
  expect(spanAt('{"a":1,"a":22}', '/a')).toEqual({ from: 11, to: 13 })
})

describe('what is pasted', () => {
  const trial = (text: string) => trialOf(text, CONTRACT) as Trial
  const at = (text: string, index: number, place: string) => {
    const span = trial(text).placeIn({ index, place } as Parameters<Trial['placeIn']>[0])
    return span && text.slice(span.from, span.to)
  }

  test('as an event, or a list of them, goes as it is', () => {
    for (const text of ['{"specversion":"1.0", "data": {"a": 1.000000000000000001}}', '[{"id":"x"}]'])
      expect(trial(text).body).toBe(text)
    expect(at('[{"id":"x"},{"data":{"n":"far"}}]', 1, '/data/n')).toBe('"far"')
  })

  test('as data gets an event of the chosen contract around it, and keeps its digits', () => {
    const text = '{"amount": 1.10, "n": 12345678901234567890}'
    const { body } = trial(text)
    expect(body).toContain(`"data":${text}}`)
    expect(JSON.parse(body)).toMatchObject({ type: CONTRACT.type, dataschema: expect.stringMatching(/\/2$/) })
    expect(at(text, 0, '/data/amount')).toBe('1.10')
    expect(at(text, 0, '/data')).toBe(text)
    expect(at(text, 0, '/time')).toBeUndefined()
  })

  test('and is no JSON is told as that', () => {
    expect(trialOf('{a:1}', CONTRACT)).toEqual(expect.stringContaining('JSON'))
  })
})
