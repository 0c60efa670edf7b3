import type { AlertMessage } from '../../alerts/message.ts'
import type { Destination } from '../../declare/alerts/destinations.ts'

/** What became of sending a message. `detail` has no secret: neither an address nor what it answered. */
export type Sent =
  | { readonly kind: 'sent' }
  | {
      readonly kind: 'failed'
      readonly detail: string
      /** The destination has refused this very message: to send it again and again helps nothing. */
      readonly isRefused: boolean
    }

/**
 * Sends one message to one destination, or says why it could not. Never rejects; ends when `signal` does.
 *
 * @example const outcome = await notify(destination, message, AbortSignal.timeout(10_000))
 */
export type Notify = (destination: Destination, message: AlertMessage, signal: AbortSignal) => Promise<Sent>
