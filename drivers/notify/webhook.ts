import type { AlertMessage } from '../../core/alerts/message.ts'
import type { Sent } from '../../core/ports/alerts/notify.ts'
import { post } from './post.ts'

/** The message as it is. Its id is a header, too: proxies and queues know that one. */
export function sendToWebhook(
  url: string,
  token: string | undefined,
  message: AlertMessage,
  signal: AbortSignal,
): Promise<Sent> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return post(url, message, { 'idempotency-key': message.id, ...authorization }, signal)
}

/** What Slack's incoming webhooks take: text, in which these three characters have a meaning. */
export function sendToSlack(url: string, message: AlertMessage, signal: AbortSignal): Promise<Sent> {
  const escaped = (text: string) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const { text, description, id, state } = message
  const lines = [
    `${state === 'firing' ? ':rotating_light:' : ':white_check_mark:'} ${escaped(text)}`,
    ...(description === '' ? [] : [escaped(description)]),
    `_${id}_`,
  ]
  return post(url, { text: lines.join('\n') }, { 'idempotency-key': id }, signal)
}
