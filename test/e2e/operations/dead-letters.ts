import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { commandsBelow } from './page.ts'
import type { DrillStage, Values } from './stage.ts'

/** Messages in the queue of dead letters, and the age in seconds of the oldest four days from now. */
export async function letters({ run }: DrillStage): Promise<Values> {
  const { QueueUrl } = JSON.parse(await run(commandsBelow('Dead letters')[0]!)) as { QueueUrl: string }
  const names = 'ApproximateNumberOfMessages ApproximateNumberOfMessagesNotVisible'
  const printed = await run(`aws sqs get-queue-attributes --queue-url ${QueueUrl} --attribute-names ${names}`)
  const { Attributes } = JSON.parse(printed) as { Attributes: Readonly<Record<string, string>> }
  const count = Number(Attributes['ApproximateNumberOfMessages'])
  const all = count + Number(Attributes['ApproximateNumberOfMessagesNotVisible'])
  return {
    ApproximateNumberOfMessagesVisible: count,
    ApproximateAgeOfOldestMessage: all === 0 ? null : 4 * 86_400 + 1,
  }
}

/** Puts a notification of an arrival among the dead letters, as Lambda does that gives it up. */
export async function giveUpArrival({ run, platform }: DrillStage, key: string): Promise<void> {
  const { QueueUrl } = JSON.parse(await run(commandsBelow('Dead letters')[0]!)) as { QueueUrl: string }
  const s3 = { bucket: { name: platform.lake }, object: { key } }
  const requestPayload = { Records: [{ eventName: 'ObjectCreated:Put', s3 }] }
  const body = JSON.stringify({ requestContext: { condition: 'RetriesExhausted' }, requestPayload })
  await run(`aws sqs send-message --queue-url ${QueueUrl} --message-body '${body}'`)
}

/** The section of the page on dead letters, followed to the letter. */
export async function followDeadLetters({ run, operator }: DrillStage): Promise<void> {
  const [find, receive, invoke, remove] = commandsBelow('Dead letters') as [string, string, string, string]
  operator.learn('<queue>', (JSON.parse(await run(find)) as { QueueUrl: string }).QueueUrl)
  const { Messages } = JSON.parse(await run(receive)) as {
    Messages: { Body: string; ReceiptHandle: string }[]
  }
  const [{ Body, ReceiptHandle }] = Messages as [{ Body: string; ReceiptHandle: string }]
  operator.learn('<ReceiptHandle>', ReceiptHandle)
  const { requestPayload } = JSON.parse(Body) as { requestPayload: object }
  await writeFile(join(operator.folder, 'arrival.json'), JSON.stringify(requestPayload))
  expect(await run(invoke)).not.toContain('FunctionError')
  await run(remove)
}
