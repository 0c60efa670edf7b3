import { type Destination, variablesOf } from '../../core/declare/alerts/destinations.ts'
import type { Notify } from '../../core/ports/alerts/notify.ts'
import type { Environment } from '../../core/setting.ts'
import { sendEmail } from './email.ts'
import { publishToSns, topicOf } from './sns.ts'
import { sendToSlack, sendToWebhook } from './webhook.ts'

/**
 * Sends messages to the destinations of alerts. Addresses and passwords are read from the environment at each
 * message, and nowhere kept.
 */
export function createNotify(environment: Environment): Notify {
  return async (destination, message, signal) => {
    const problem = settingProblem(environment, destination)
    if (problem !== undefined) return { kind: 'failed', detail: problem, isRefused: false }
    const value = (name: string) => environment[name]!.trim()
    switch (destination.kind) {
      case 'webhook': {
        const { url, token } = destination
        return sendToWebhook(value(url), token === undefined ? undefined : value(token), message, signal)
      }
      case 'slack':
        return sendToSlack(value(destination.url), message, signal)
      case 'email':
        return sendEmail(value(destination.server), destination, message, signal)
      case 'sns':
        return publishToSns(value(destination.topic), message, { environment, signal })
    }
  }
}

/** What is wrong with the environment that a destination needs; never with a value in it. */
export function settingProblem(environment: Environment, destination: Destination): string | undefined {
  for (const name of variablesOf(destination))
    if ((environment[name] ?? '').trim() === '')
      return `the environment variable ${name} is not set; set it, and start again`
  if (destination.kind === 'email')
    return isServer(environment[destination.server]!.trim())
      ? undefined
      : `${destination.server} is no URL of an SMTP server, such as smtps://user:password@host:465; set it, and start again`
  if (destination.kind === 'sns')
    return topicOf(environment[destination.topic]!.trim()) === undefined
      ? `${destination.topic} is no ARN of a topic, such as arn:aws:sns:eu-central-1:123456789012:ops; set it, and start again`
      : undefined
  const { url, token } = destination.kind === 'webhook' ? destination : { ...destination, token: undefined }
  if (!isAddress(environment[url]!.trim(), ['http:', 'https:']))
    return `${url} is no http or https URL without a user in it; set it, and start again`
  if (token !== undefined && !/^[!-~]+$/.test(environment[token]!.trim()))
    return `${token} has characters that no header carries; set it, and start again`
  return undefined
}

function isServer(text: string): boolean {
  if (!URL.canParse(text) || !/^smtps?:\/\/[^/]/.test(text)) return false
  const { hostname, username, password } = new URL(text)
  return hostname !== '' && isEncoded(username) && isEncoded(password)
}

/** A percent sign that begins no code of a character cannot be read back. */
function isEncoded(part: string): boolean {
  try {
    decodeURIComponent(part)
    return true
  } catch {
    return false
  }
}

function isAddress(text: string, protocols: readonly string[]): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && protocols.includes(url.protocol) && url.username === ''
}
