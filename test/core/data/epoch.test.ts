import { expect, test } from 'vitest'
import { DEFAULT_HORIZON, horizonEpochs } from '../../../core/data/epoch.ts'

test.each([
  [{ ms: 86_400_000 }, 3_600_000, 24],
  [{ ms: 86_400_000 }, 10_000, 8640],
  [{ ms: 86_400_000 }, 25_200_000, 4],
  [{ ms: 1000 }, 3_600_000, 2],
  [{ ms: 86_400_000 }, 86_400_000, 2],
  [{ epochs: 10_000 }, 10_000, 10_000],
  [{ epochs: 1 }, 10_000, 2],
])('a horizon of %o is whole epochs of %i ms, two at least: %i', (horizon, epochLength, epochs) => {
  expect(horizonEpochs(horizon, epochLength)).toBe(epochs)
})

test('without a setting an id is remembered for a day, however short epochs are', () => {
  expect(horizonEpochs(DEFAULT_HORIZON, 10_000) * 10_000).toBe(86_400_000)
})
