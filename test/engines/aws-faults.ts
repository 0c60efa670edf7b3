/** One call of an SDK client: `send` makes it for real, with its own input or a changed one. */
export type AwsCall = {
  /** As in `PutRecordsCommand`. */
  readonly command: string
  // biome-ignore lint/suspicious/noExplicitAny: inputs and outputs of every command pass through here
  readonly input: any
  // biome-ignore lint/suspicious/noExplicitAny: as above
  send(changed?: object): Promise<any>
}

type Handler = (call: AwsCall) => Promise<unknown>

type Client = {
  // biome-ignore lint/suspicious/noExplicitAny: each client types its stack by its own commands
  readonly middlewareStack: { add(middleware: any, options: any): void; remove(name: string): boolean }
}

const NAME = 'faults'

/**
 * Puts a handler between a client and its service: it answers calls itself, fails them, or lets them pass and
 * alters the answer. A later handler takes its place. Answers the client.
 */
export function intercept<C extends Client>(client: C, handler: Handler): C {
  client.middlewareStack.remove(NAME)
  client.middlewareStack.add(
    // biome-ignore lint/suspicious/noExplicitAny: as above
    (next: (args: any) => Promise<{ output: unknown }>, context: { commandName: string }) =>
      // biome-ignore lint/suspicious/noExplicitAny: as above
      async (args: any) => {
        const send = async (changed: object = args.input) => (await next({ ...args, input: changed })).output
        const { commandName: command } = context
        return { response: {}, output: await handler({ command, input: args.input, send }) }
      },
    { step: 'initialize', name: NAME, priority: 'high' },
  )
  return client
}

/** Ends what `intercept` began. */
export function pass(client: Client): void {
  client.middlewareStack.remove(NAME)
}

/** An error as the SDK throws it for a service's answer. */
export function awsFault(name: string, httpStatusCode = 400): Error {
  const $fault = httpStatusCode >= 500 ? 'server' : 'client'
  return Object.assign(new Error(name), { name, $fault, $metadata: { httpStatusCode } })
}

/** What the SDK throws when no answer came in time. */
export function lostAnswer(): Error {
  return Object.assign(new Error('the request timed out'), { name: 'TimeoutError', $metadata: {} })
}
