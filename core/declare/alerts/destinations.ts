/**
 * Where the messages of an alert go. Addresses that let whoever knows them send, and passwords, are not
 * written down: a declaration names the environment variable that holds them.
 */
export type Destination =
  | {
      readonly kind: 'webhook'
      /** Environment variable with the URL. */
      readonly url: string
      /** Environment variable with a token, sent as `Authorization: Bearer`. */
      readonly token?: string
    }
  | { readonly kind: 'slack'; readonly url: string }
  | {
      readonly kind: 'email'
      /** Environment variable with the URL of the SMTP server: `smtps://user:password@host:465`. */
      readonly server: string
      readonly from: string
      readonly to: readonly string[]
    }
  | {
      readonly kind: 'sns'
      /** Environment variable with the ARN of the topic. */
      readonly topic: string
    }

/**
 * POSTs each message as JSON.
 *
 * @param url name of the environment variable that holds the URL
 * @example webhook('OPS_WEBHOOK_URL', { token: 'OPS_WEBHOOK_TOKEN' })
 */
export const webhook = (url: string, more: { readonly token?: string } = {}): Destination => ({
  ...{ kind: 'webhook', url },
  ...more,
})

/**
 * POSTs each message in the form of Slack's incoming webhooks, which many other chats take.
 *
 * @param url name of the environment variable that holds the URL
 */
export const slack = (url: string): Destination => ({ kind: 'slack', url })

/**
 * Sends each message by SMTP.
 *
 * @param server name of the environment variable that holds the server's URL, user and password
 * @example email('OPS_SMTP_URL', { from: 'tributary@example.com', to: ['on-call@example.com'] })
 */
export const email = (
  server: string,
  how: { readonly from: string; readonly to: readonly string[] },
): Destination => ({ kind: 'email', server, ...how })

/**
 * Publishes each message to a topic of Amazon SNS, with the credentials that the AWS SDK finds.
 *
 * @param topic name of the environment variable that holds the ARN of the topic
 * @example sns('OPS_TOPIC_ARN')
 */
export const sns = (topic: string): Destination => ({ kind: 'sns', topic })

/** Names a destination; the same in each start, and without a secret. */
export function destinationId(destination: Destination): string {
  if (destination.kind === 'sns') return `sns:${destination.topic}`
  if (destination.kind !== 'email') return `${destination.kind}:${destination.url}`
  return `email:${destination.server}:${destination.from}:${destination.to.join(',')}`
}

/** The environment variables that a destination names. */
export function variablesOf(destination: Destination): readonly string[] {
  if (destination.kind === 'email') return [destination.server]
  if (destination.kind === 'sns') return [destination.topic]
  if (destination.kind === 'slack' || destination.token === undefined) return [destination.url]
  return [destination.url, destination.token]
}

const VARIABLE = /^[A-Z][A-Z0-9_]{0,99}$/
const ADDRESS = /^[^\s@<>,;"\\]{1,64}@[^\s@<>,;"\\]{1,255}$/
const MOST_ADDRESSES = 50

/** What is wrong with a destination, and what would be right; undefined where nothing is. */
export function destinationProblem(value: unknown): { problem: string; remedy: string } | undefined {
  const given = value as Partial<Record<string, unknown>> | null
  const keys = KEYS[given?.['kind'] as Destination['kind']]
  if (keys === undefined)
    return { problem: 'has a destination of no known kind', remedy: "write to: [webhook('OPS_WEBHOOK_URL')]" }
  const unknown = Object.keys(given ?? {}).find(key => !keys.includes(key))
  if (unknown !== undefined)
    return {
      problem: `has "${unknown}" in a ${given!['kind']}`,
      remedy: `it takes ${keys.slice(1).join(', ')}`,
    }
  const destination = given as Destination
  for (const name of variablesOf(destination)) {
    if (typeof name !== 'string' || !VARIABLE.test(name) || name.startsWith('TRIBUTARY_'))
      return {
        // What was meant to be a secret may stand here: it is not shown.
        problem: `names no environment variable in a ${destination.kind}`,
        remedy: 'give the name of one, such as OPS_WEBHOOK_URL, not its value; TRIBUTARY_… are settings',
      }
  }
  return destination.kind === 'email' ? addressProblem(destination) : undefined
}

const KEYS: Readonly<Record<Destination['kind'], readonly string[]>> = {
  webhook: ['kind', 'url', 'token'],
  slack: ['kind', 'url'],
  email: ['kind', 'server', 'from', 'to'],
  sns: ['kind', 'topic'],
}

function addressProblem({ from, to }: Extract<Destination, { kind: 'email' }>) {
  const remedy = "write { from: 'tributary@example.com', to: ['on-call@example.com'] }"
  if (!Array.isArray(to) || to.length === 0 || to.length > MOST_ADDRESSES)
    return { problem: `has not 1 to ${MOST_ADDRESSES} e-mail addresses`, remedy }
  const wrong = [from, ...to].find(one => typeof one !== 'string' || !ADDRESS.test(one))
  return wrong === undefined
    ? undefined
    : { problem: `has the e-mail address ${JSON.stringify(wrong)}`, remedy }
}
