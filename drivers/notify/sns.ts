import type { AlertMessage } from '../../core/alerts/message.ts'
import type { Sent } from '../../core/ports/alerts/notify.ts'
import type { Environment } from '../../core/setting.ts'
import { reasonOf } from './post.ts'

/** Where a topic is: its region, and the ending of AWS's names there. */
type Topic = { readonly region: string; readonly suffix: string }

/** Of the ARN of a topic; undefined where a text is none. */
export function topicOf(arn: string): Topic | undefined {
  const [, partition, region] =
    /^arn:(aws[a-z-]*):sns:([a-z0-9-]+):\d{12}:[\w-]{1,251}(?:\.fifo)?$/.exec(arn) ?? []
  if (partition === undefined || region === undefined) return undefined
  return { region, suffix: partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com' }
}

type Publishing = { readonly environment: Environment; readonly signal: AbortSignal }

/**
 * Publishes a message: one signed call of SNS's API, for which its client would be a dependency more. The
 * credentials are those that a client of the SDK finds: environment, profile, role of the machine.
 */
export async function publishToSns(
  arn: string,
  message: AlertMessage,
  { environment, signal }: Publishing,
): Promise<Sent> {
  const { region, suffix } = topicOf(arn)!
  const named = environment['AWS_ENDPOINT_URL_SNS'] ?? environment['AWS_ENDPOINT_URL']
  const url = new URL(named ?? `https://sns.${region}.${suffix}/`)
  try {
    const body = new URLSearchParams(callOf(arn, message)).toString()
    const request = await orEnded(signed(url, region, body), signal)
    const answer = await fetch(url, { ...request, redirect: 'manual', signal })
    await answer.body?.cancel()
    return answer.ok ? { kind: 'sent' } : failed(answer.status)
  } catch (cause) {
    if ((cause as Error).name === 'CredentialsProviderError')
      return { kind: 'failed', detail: 'the AWS SDK finds no credentials', isRefused: false }
    return { kind: 'failed', detail: reasonOf(cause), isRefused: false }
  }
}

/** Rights, credentials (403) and too much at once (429) can be mended while a message waits. */
function failed(status: number): Sent {
  const isRefused = status >= 400 && status < 500 && ![403, 408, 429].includes(status)
  return { kind: 'failed', detail: `SNS answered ${status}`, isRefused }
}

/** People get text, programs the message as it is; both can be filtered by the attributes. */
function callOf(arn: string, message: AlertMessage): Readonly<Record<string, string>> {
  const { id, alert, state, text, title, description } = message
  const said = description === '' ? text : `${text}\n\n${description}`
  const body = { default: JSON.stringify(message), email: `${said}\n\n${id}`, sms: text.slice(0, 140) }
  const subject = `${state === 'firing' ? 'FIRING' : 'Resolved'}: ${title}`
  const attributes = Object.entries({ id, alert, state }).flatMap(([name, value], i) => {
    const entry = `MessageAttributes.entry.${i + 1}`
    return [
      [`${entry}.Name`, name],
      [`${entry}.Value.DataType`, 'String'],
      [`${entry}.Value.StringValue`, value],
    ] as const
  })
  return {
    ...{ Action: 'Publish', Version: '2010-03-31', TopicArn: arn, MessageStructure: 'json' },
    Message: JSON.stringify(body),
    // SNS takes 100 characters of ASCII, on one line.
    Subject: subject.replaceAll(/[^ -~]/g, '?').slice(0, 100),
    ...Object.fromEntries(attributes),
    // A message that is sent again within five minutes is dropped by a FIFO topic itself.
    ...(arn.endsWith('.fifo') && { MessageGroupId: alert, MessageDeduplicationId: id }),
  }
}

/** The SDK is loaded for the first message: most platforms have nothing to do with AWS. */
async function signed(url: URL, region: string, body: string) {
  const [{ SignatureV4 }, { Sha256 }, { HttpRequest }, { S3Client }] = await Promise.all([
    import('@smithy/signature-v4'),
    import('@smithy/core/checksum'),
    import('@smithy/core/protocols'),
    import('@aws-sdk/client-s3'),
  ])
  const { credentials } = new S3Client({ region }).config
  const signer = new SignatureV4({ service: 'sns', region, credentials, sha256: Sha256 })
  const request = new HttpRequest({
    ...{ method: 'POST', protocol: url.protocol, hostname: url.hostname, path: url.pathname, body },
    ...(url.port !== '' && { port: Number(url.port) }),
    headers: { host: url.host, 'content-type': 'application/x-www-form-urlencoded' },
  })
  const { headers } = await signer.sign(request)
  return { method: 'POST', headers, body }
}

/** Ends when the signal does: finding credentials knows no signal. */
function orEnded<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const ended = Promise.withResolvers<never>()
  const end = () => ended.reject(new DOMException('it took too long', 'TimeoutError'))
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  return Promise.race([work, ended.promise]).finally(() => signal.removeEventListener('abort', end))
}
