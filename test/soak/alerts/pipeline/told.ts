import { email, webhook } from '../../../../core/declare/alerts/alert.ts'

/** A webhook, a mail server, and a webhook that never answers. */
export const TO = [
  webhook('DRILL_HOOK'),
  email('DRILL_SMTP', { from: 'tributary@example.com', to: ['on-call@example.com'] }),
  webhook('DRILL_DEAD'),
]
