import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatCells } from '../../../core/cells/cells.ts'
import { WINDOWS } from '../../../core/data/time.ts'
import { readReceived } from '../../../core/event/record.ts'
import { compileMovedCells } from '../../../core/events/moved-cells.ts'
import { present } from '../../../core/fold/present.ts'
import { CLOCK, hostileDraft, requests, sampleDraft } from '../../arbitraries.ts'
import { HOSTILE, loadDeclared, SAMPLE } from '../../declared.ts'
import { createReceiver, receivedOf } from '../../exactness/received-log.ts'
import { expectedPartials, judge } from '../../oracle.ts'

describe.each([
  { name: 'the sample pipeline', folder: SAMPLE, draft: sampleDraft },
  { name: 'a hostile pipeline', folder: HOSTILE, draft: hostileDraft },
])('an event of $name', async ({ folder, draft }) => {
  const declared = await loadDeclared(folder)
  const receive = createReceiver(declared)
  const movedBy = compileMovedCells(declared.pipeline.metricsOf)

  test('moves the cells that the reference makes of it alone, and is left out of the other metrics', async () => {
    await fc.assert(
      fc.asyncProperty(requests(draft, 4), async sent => {
        const log = await receive(sent, 95n)
        for (const one of judge(receivedOf(log), CLOCK)) {
          const event = readReceived(one.json)!
          const { cells, leftOut } = movedBy(event)
          const shown = cells.map(({ metric, window, group, cells: own }) => ({
            ...{ metric: metric.name, window, group, cells: formatCells(metric.kinds, own) },
            values: present(metric, own, WINDOWS[metric.window]),
          }))
          const ofType = declared.metrics.filter(({ type }) => type === event.type)
          const expected = ofType.flatMap(metric =>
            expectedPartials([{ ...one, counted: true }], metric, declared.contracts).map(partial => ({
              ...{ metric: metric.name, ...partial },
            })),
          )
          const byName = (a: { metric: string }, b: { metric: string }) => (a.metric < b.metric ? -1 : 1)
          expect(shown.sort(byName)).toEqual(expected.sort(byName))
          expect(leftOut.length + cells.length).toBe(ofType.length)
        }
      }),
      { numRuns: 60 },
    )
  })
})
