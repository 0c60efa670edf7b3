import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TributaryError } from '../../../core/errors.ts'
import { awsError, failureKind, passes } from '../../../drivers/aws/errors.ts'
import { inParallel } from '../../../drivers/aws/in-parallel.ts'
import { backoffMs, retrying, timeLeftOf } from '../../../drivers/aws/retry.ts'
import { awsFault, lostAnswer } from '../../engines/aws-faults.ts'

const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' })

describe('failures of AWS calls', () => {
  test.each([
    [awsFault('ProvisionedThroughputExceededException'), 'throttle', 'overloaded'],
    [awsFault('KMSThrottlingException'), 'throttle', 'overloaded'],
    [awsFault('SomethingNew', 429), 'throttle', 'overloaded'],
    [awsFault('SlowDown', 503), 'throttle', 'overloaded'],
    [lostAnswer(), 'timeout', 'timeout'],
    [AbortSignal.abort().reason, 'timeout', 'timeout'],
    [reset, 'transient', 'unavailable'],
    [awsFault('InternalFailure', 500), 'transient', 'unavailable'],
    [awsFault('SomethingNew', 502), 'transient', 'unavailable'],
    [awsFault('AccessDeniedException'), 'denied', 'storage_failed'],
    [awsFault('ExpiredTokenException'), 'denied', 'storage_failed'],
    [awsFault('ResourceNotFoundException'), 'missing', 'storage_failed'],
    [awsFault('NoSuchBucket', 404), 'missing', 'storage_failed'],
    [awsFault('ValidationException'), 'refused', 'internal'],
    [awsFault('ConditionalCheckFailedException'), 'refused', 'internal'],
    [new RangeError('a mistake of ours'), 'refused', 'internal'],
    ['no error at all', 'refused', 'internal'],
  ])('%s is a %s, which callers see as %s', (error, kind, code) => {
    expect(failureKind(error)).toBe(kind)
    expect(awsError(error, 'do it')).toMatchObject({ code, cause: error })
  })

  test('name the call and a remedy, and keep a code that is there', () => {
    const denied = awsError(awsFault('AccessDeniedException'), 'read table t')
    expect(denied.message).toMatch(/^AWS did not read table t \(AccessDeniedException\): give/)
    const own = new TributaryError('conflict', 'mine')
    expect(awsError(own, 'do it')).toBe(own)
  })
})

describe('retrying', () => {
  const options = { what: 'do it', backoff: { baseMs: 1, capMs: 2 } }

  test.each([awsFault('ThrottlingException'), lostAnswer(), reset])('%s is tried again', async failure => {
    let calls = 0
    const call = async () => (++calls < 4 ? Promise.reject(failure) : 'done')
    expect(await retrying(call, { ...options, timeLeft: timeLeftOf(5_000) })).toBe('done')
    expect(calls).toBe(4)
  })

  test.each([
    [awsFault('ValidationException'), 'internal'],
    [awsFault('AccessDeniedException'), 'storage_failed'],
    [new TributaryError('overloaded', 'mine'), 'overloaded'],
  ])('%s is not', async (failure, code) => {
    let calls = 0
    const call = async () => {
      calls += 1
      throw failure
    }
    const work = retrying(call, { ...options, timeLeft: timeLeftOf(5_000) })
    await expect(work).rejects.toMatchObject({ code })
    expect(calls).toBe(1)
  })

  test('ends with the attempts', async () => {
    let calls = 0
    const call = async () => {
      calls += 1
      throw reset
    }
    const work = retrying(call, { ...options, attempts: 3, timeLeft: timeLeftOf(5_000) })
    await expect(work).rejects.toMatchObject({ code: 'unavailable' })
    expect(calls).toBe(3)
  })

  test('ends with the time, never after it', async () => {
    const started = performance.now()
    const backoff = { baseMs: 20, capMs: 10_000 }
    const work = retrying(() => Promise.reject(reset), {
      ...options,
      backoff,
      attempts: 99,
      timeLeft: timeLeftOf(300),
    })
    await expect(work).rejects.toMatchObject({ code: 'unavailable' })
    expect(performance.now() - started).toBeLessThan(320)
  })

  test('an attempt is told to end', async () => {
    const hung = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const work = retrying(hung, { ...options, attempts: 2, attemptMs: 20, timeLeft: timeLeftOf(60_000) })
    await expect(work).rejects.toMatchObject({ code: 'timeout' })
  })

  test('pauses are full jitter: from none to a bound that doubles up to a cap', () => {
    fc.assert(
      fc.property(
        fc.nat(2_000),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (failures, random) => {
          const ms = backoffMs(failures, { baseMs: 50, capMs: 2_000 }, () => random)
          expect(ms).toBeCloseTo(random * Math.min(2_000, 50 * 2 ** failures), 6)
        },
      ),
    )
  })

  test('only failures of the moment pass', () => {
    expect(
      (['throttle', 'timeout', 'transient', 'denied', 'missing', 'refused'] as const).map(passes),
    ).toEqual([...[true, true, true], ...[false, false, false]])
  })
})

describe('work in parallel', () => {
  test('is done once for each, so many at a time', async () => {
    const done: number[] = []
    let running = 0
    let most = 0
    await inParallel([1, 2, 3, 4, 5], 2, async n => {
      most = Math.max(most, ++running)
      await new Promise(resolve => setTimeout(resolve, 2))
      running -= 1
      done.push(n)
    })
    expect([done.sort(), most]).toEqual([[1, 2, 3, 4, 5], 2])
  })

  test('ends with the first failure, once what runs has ended', async () => {
    const done: number[] = []
    const work = inParallel([1, 2, 3, 4], 2, async n => {
      if (n === 1) throw new Error('first')
      await new Promise(resolve => setTimeout(resolve, 5))
      done.push(n)
    })
    await expect(work).rejects.toThrow('first')
    expect(done).toEqual([2])
  })
})
