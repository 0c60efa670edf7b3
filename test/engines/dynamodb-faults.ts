import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'

/** One call under way: the command's name and input, and what sends it, as it is or changed. */
export type Call = {
  readonly command: string
  readonly input: object
  send(changed?: object): Promise<unknown>
}

/** An error as the SDK throws it. */
export function sdkError(name: string, httpStatusCode?: number): Error {
  const metadata = httpStatusCode === undefined ? {} : { $metadata: { httpStatusCode } }
  return Object.assign(new Error(`injected ${name}`), { name, ...metadata })
}

/** Puts `fault` around every call of a client: it may send it, not send it, and change the answer. */
export function inject(client: DynamoDBClient, fault: (call: Call) => Promise<unknown>): DynamoDBClient {
  client.middlewareStack.add(
    (next, context) => async args => {
      const { input } = args
      const send = async (changed: object = input) => (await next({ ...args, input: changed })).output
      const command = String(context.commandName)
      return { response: {}, output: (await fault({ command, input, send })) as never }
    },
    { step: 'initialize', name: 'fault' },
  )
  return client
}
