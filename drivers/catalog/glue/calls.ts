import { Sha256 } from '@smithy/core/checksum'
import { HttpRequest } from '@smithy/core/protocols'
import { SignatureV4 } from '@smithy/signature-v4'
import { retrying, type TimeLeft } from '../../aws/retry.ts'

/**
 * An action of Glue's API (JSON 1.1), such as `GetTables`, and its input.
 *
 * @throws TributaryError of `awsError`
 */
export type GlueCall = (action: string, input: object) => Promise<Readonly<Record<string, unknown>>>

export type GlueOptions = {
  readonly region: string
  /** Another address than AWS's own, such as that of an emulator. */
  readonly endpoint?: string | undefined
  readonly credentials: {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken?: string
  }
  readonly timeLeft: TimeLeft
}

/** The longest that one attempt may take, ms. */
const ATTEMPT_MS = 30_000

/**
 * Calls Glue, and again while a failure is one that passes. Four actions are used, so they are signed here,
 * with the SDK's own signer: the client of all of Glue's 270 would be a dependency for their sake.
 */
export function createGlueCall(options: GlueOptions): GlueCall {
  const { region, credentials, timeLeft } = options
  const url = new URL(options.endpoint ?? `https://glue.${region}.${suffixOf(region)}`)
  const signer = new SignatureV4({ service: 'glue', region, credentials, sha256: Sha256 })
  return (action, input) => {
    const body = JSON.stringify(input)
    const once = async (signal: AbortSignal) => {
      const { headers } = await signer.sign(requestOf(url, action, body))
      return answerOf(await fetch(url, { method: 'POST', headers, body, signal }))
    }
    return retrying(once, { what: `${action} in the catalog`, timeLeft, attemptMs: ATTEMPT_MS })
  }
}

function suffixOf(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
}

function requestOf(url: URL, action: string, body: string): HttpRequest {
  return new HttpRequest({
    ...{ method: 'POST', protocol: url.protocol, hostname: url.hostname, path: url.pathname, body },
    headers: {
      host: url.host,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSGlue.${action}`,
    },
  })
}

/** @throws Error as the SDK's clients throw it: its name says what went wrong */
async function answerOf(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const text = await response.text()
  if (response.ok) return (text === '' ? {} : JSON.parse(text)) as Readonly<Record<string, unknown>>
  const { __type = '', message, Message = message } = parsed(text)
  const error = new Error(String(Message ?? text.slice(0, 300)))
  error.name = String(__type).split('#').at(-1) || `Status${response.status}`
  throw Object.assign(error, { $metadata: { httpStatusCode: response.status } })
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>
  } catch {
    return {}
  }
}
