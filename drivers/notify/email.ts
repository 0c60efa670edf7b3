import type { AlertMessage } from '../../core/alerts/message.ts'
import type { Destination } from '../../core/declare/alerts/destinations.ts'
import type { Sent } from '../../core/ports/alerts/notify.ts'
import { reasonOf } from './post.ts'

type Email = Extract<Destination, { kind: 'email' }>

/** Longest wait for a server to say something, ms. */
const TIMEOUT = 9_000

const LOCAL: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Sends a message by the SMTP server of a URL. A password goes over TLS alone, but to this machine. Mail
 * programs show one with a `Message-ID` that they have had once.
 */
export async function sendEmail(
  server: string,
  { from, to }: Email,
  message: AlertMessage,
  signal: AbortSignal,
): Promise<Sent> {
  // Loaded for the first mail: most platforms send none.
  const { createTransport } = await import('nodemailer')
  const url = new URL(server)
  const isSecure = url.protocol === 'smtps:'
  const auth = url.username === '' ? undefined : { user: text(url.username), pass: text(url.password) }
  const transport = createTransport({
    ...{ host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || (isSecure ? 465 : 587)) },
    ...{ secure: isSecure, requireTLS: auth !== undefined && !isSecure && !LOCAL.has(url.hostname) },
    ...(auth !== undefined && { auth }),
    ...{ connectionTimeout: TIMEOUT, greetingTimeout: TIMEOUT, socketTimeout: TIMEOUT },
    // Neither files nor addresses are read for a message.
    ...{ disableFileAccess: true, disableUrlAccess: true },
  })
  const ended = Promise.withResolvers<never>()
  const end = () => ended.reject(new DOMException('it took too long', 'TimeoutError'))
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  try {
    await Promise.race([transport.sendMail(mailOf(from, to, message)), ended.promise])
    return { kind: 'sent' }
  } catch (cause) {
    return failed(cause)
  } finally {
    signal.removeEventListener('abort', end)
    transport.close()
  }
}

const text = (part: string) => decodeURIComponent(part)

function mailOf(from: string, to: readonly string[], message: AlertMessage) {
  const { id, title, state, description, group, value, condition, window, since } = message
  const of = Object.keys(group).length === 0 ? '' : ` ${JSON.stringify(group)}`
  const lines = [
    message.text,
    '',
    ...(description === '' ? [] : [description, '']),
    ...[`condition  ${condition}`, `value      ${value ?? 'none'}`, `group      ${JSON.stringify(group)}`],
    ...[`window     ${window.start} to ${window.end}`, `since      ${since}`, `message    ${id}`, ''],
  ]
  return {
    ...{ from, to: [...to], messageId: `<${id}@tributary.invalid>`, date: new Date(message.judgedAt) },
    subject: `${state === 'firing' ? 'FIRING' : 'Resolved'}: ${title}${of}`.slice(0, 200),
    text: lines.join('\n'),
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Tributary-Alert': message.alert },
  }
}

/** A reply of 5xx to the message itself is final; one to the password may be mended. Its text is not told. */
function failed(cause: unknown): Sent {
  const { code, responseCode } = cause as { code?: unknown; responseCode?: unknown }
  if (typeof responseCode !== 'number') return { kind: 'failed', detail: reasonOf(cause), isRefused: false }
  const detail = `the mail server answered ${responseCode}${code === 'EAUTH' ? ' to user and password' : ''}`
  return { kind: 'failed', detail, isRefused: responseCode >= 500 && code !== 'EAUTH' }
}
