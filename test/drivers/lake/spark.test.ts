import { EMRClient } from '@aws-sdk/client-emr'
import { afterEach, describe, expect, test } from 'vitest'
import { timeLeftOf } from '../../../drivers/aws/retry.ts'
import { createSpark } from '../../../drivers/lake/spark.ts'
import { type Answer, type Call, type JsonServer, startJsonServer } from './json-server.ts'

const STEP = { cluster: 'j-1', step: 's-1' }

let server: JsonServer
let stored: [string, string][]
afterEach(() => server.close())

async function sparkOn(answer: (call: Call, count: number) => Answer) {
  server = await startJsonServer(answer)
  stored = []
  return createSpark({
    client: new EMRClient(server.settings),
    objects: { put: async (key, content) => void stored.push([key, String(content)]) },
    bucket: 'lake-bucket',
    pollMs: [5, 20],
  })
}

const step = (State: string, more: object = {}) => ({ Step: { Id: 's-1', Status: { State, ...more } } })

describe('Spark on EMR', () => {
  test('stores a script under the same address for the same statements', async () => {
    const spark = await sparkOn(() => ({}))
    const uri = await spark.script(['SELECT 1', 'SELECT 2'])
    expect(uri).toMatch(/^s3:\/\/lake-bucket\/spark\/[0-9a-f]{32}\.sql$/)
    expect(await spark.script(['SELECT 1', 'SELECT 2'])).toBe(uri)
    expect(await spark.script(['SELECT 1'])).not.toBe(uri)
    expect(stored[0]).toEqual([uri.slice('s3://lake-bucket/'.length), 'SELECT 1;\n\nSELECT 2;\n'])
  })

  test('adds a script as a step of spark-sql that leaves the cluster running when it fails', async () => {
    const spark = await sparkOn(({ operation }) => (operation === 'ListSteps' ? {} : { StepIds: ['s-1'] }))
    expect(await spark.submit('j-1', 'refine 1', 's3://b/x.sql')).toEqual(STEP)
    expect(server.calls.at(-1)!.input).toEqual({
      JobFlowId: 'j-1',
      Steps: [
        {
          Name: 'refine 1',
          ActionOnFailure: 'CONTINUE',
          HadoopJarStep: { Jar: 'command-runner.jar', Args: ['spark-sql', '-f', 's3://b/x.sql'] },
        },
      ],
    })
  })

  test('adds a step once, though the first answer was lost', async () => {
    let added = 0
    const spark = await sparkOn(({ operation, input }) => {
      if (operation === 'AddJobFlowSteps') {
        added += 1
        return 'lost'
      }
      if (input['Marker'] === undefined) return { Steps: [{ Id: 's-0', Name: 'other' }], Marker: '1' }
      return { Steps: added > 0 ? [{ Id: 's-1', Name: 'refine 1' }] : [] }
    })
    expect(await spark.submit('j-1', 'refine 1', 's3://b/x.sql')).toEqual(STEP)
    expect(added).toBe(1)
  })

  test('waits for the end of a step, through throttles and lost connections', async () => {
    const spark = await sparkOn((_, count) => {
      if (count === 1) return { fault: 'ThrottlingException' }
      if (count === 2) return 'lost'
      return step(['PENDING', 'RUNNING'][count - 3] ?? 'COMPLETED')
    })
    await spark.succeeded(STEP, timeLeftOf(20_000))
    expect(server.operations()).toEqual(Array(5).fill('DescribeStep'))
  })

  test('cancels a step that takes too long', async () => {
    const spark = await sparkOn(({ operation }) => (operation === 'DescribeStep' ? step('RUNNING') : {}))
    await expect(spark.succeeded(STEP, timeLeftOf(100))).rejects.toMatchObject({
      name: 'timeout',
      retryable: true,
    })
    expect(server.calls.at(-1)).toEqual({
      operation: 'CancelSteps',
      input: { ClusterId: 'j-1', StepIds: ['s-1'], StepCancellationOption: 'TERMINATE_PROCESS' },
    })
  })

  test.each([
    ['a lost cluster', 'INTERRUPTED', {}, 'unavailable'],
    ['memory', 'FAILED', { Message: 'java.lang.OutOfMemoryError: Java heap space' }, 'too_large'],
    ['data that does not convert', 'FAILED', { Message: '[CAST_INVALID_INPUT] The value' }, 'corrupt_data'],
    ['a missing permission', 'FAILED', { Message: 'AmazonS3Exception: Access Denied' }, 'storage_failed'],
    ['SQL that is wrong', 'FAILED', { Reason: 'Unknown Error.', LogFile: 's3://logs/stderr.gz' }, 'internal'],
    ['a step that someone cancelled', 'CANCELLED', {}, 'internal'],
  ])('names %s', async (_, state, FailureDetails, code) => {
    const spark = await sparkOn(() => step(state, { FailureDetails }))
    const ended = spark.succeeded(STEP, timeLeftOf(5_000))
    await expect(ended).rejects.toMatchObject({ name: code })
    if ('LogFile' in FailureDetails) await expect(ended).rejects.toThrow(/s3:\/\/logs\/stderr\.gz/)
  })

  test('says what EMR refuses', async () => {
    const spark = await sparkOn(({ operation }) =>
      operation === 'ListSteps' ? {} : { fault: 'ValidationException' },
    )
    await expect(spark.submit('j-1', 'refine 1', 's3://b/x.sql')).rejects.toMatchObject({ name: 'internal' })
    expect(server.operations().filter(name => name === 'AddJobFlowSteps')).toHaveLength(1)
  })
})
