import { expect, test } from 'vitest'
import { TributaryError } from '../../../core/errors.ts'
import { toldFailure } from '../../../functions/observability/failure.ts'

test('a hundred failures fit the state of a run, however long their messages are', () => {
  const told = toldFailure(new TributaryError('corrupt_data', 'x'.repeat(40_000)))
  // As Lambda tells Step Functions of it; a metric may fail in two Maps.
  const Cause = JSON.stringify({
    errorType: told.name,
    errorMessage: told.message,
    trace: told.stack?.split('\n'),
  })
  const item = { metric: 'm'.repeat(80), failure: { Error: told.name, Cause } }
  expect(JSON.stringify(Array.from({ length: 200 }, () => item)).length).toBeLessThan(262_144)
  expect(told).toMatchObject({ name: 'corrupt_data', code: 'corrupt_data' })
})
