import { SingleBar } from 'cli-progress'
import { type Answer, refusalOf } from './client.ts'
import { type Environment, printError } from './environment.ts'
import type { Tally } from './sending.ts'

/** Shows how far sending is: a bar on a terminal, else a line every five seconds, on standard error. */
export type Progress = {
  update(tally: Tally): void
  /** Says, once in a while, that events are sent again, and what was answered. */
  wait(answer: Answer): void
  stop(): void
}

const LINE_EVERY_MS = 5000

/** `total` undefined: not known beforehand. */
export function startProgress(environment: Environment, total: number | undefined): Progress {
  const { errors } = environment
  const started = performance.now()
  const shown = (tally: Tally) => {
    const seconds = (performance.now() - started) / 1000
    const rate = tally.sent / Math.max(seconds, 0.001)
    return {
      accepted: tally.accepted,
      rejected: tally.rejected,
      rate: Math.round(rate).toLocaleString('en'),
      left: total === undefined || rate === 0 ? '?' : `${Math.ceil((total - tally.sent) / rate)} s`,
    }
  }
  const progress =
    errors.isTTY === true && total !== undefined ? bar(errors, total, shown) : lines(errors, total, shown)
  return { ...progress, wait: waiting(environment) }
}

function waiting(environment: Environment): Progress['wait'] {
  let last = Number.NEGATIVE_INFINITY
  return answer => {
    if (performance.now() - last < LINE_EVERY_MS) return
    last = performance.now()
    printError(environment, `${refusalOf(answer).message}; sending again`)
  }
}

type Shown = (tally: Tally) => { accepted: number; rejected: number; rate: string; left: string }

function bar(stream: NodeJS.WritableStream, total: number, shown: Shown): Omit<Progress, 'wait'> {
  const format =
    '{bar} {value}/{total} sent, {accepted} accepted, {rejected} rejected, {rate} events/s, {left} left'
  const single = new SingleBar({ format, stream, hideCursor: true, fps: 5 })
  single.start(total, 0, shown({ sent: 0, accepted: 0, rounded: 0, rejected: 0, retried: 0 }))
  return { update: tally => single.update(tally.sent, shown(tally)), stop: () => single.stop() }
}

function lines(
  stream: NodeJS.WritableStream,
  total: number | undefined,
  shown: Shown,
): Omit<Progress, 'wait'> {
  let last = performance.now()
  return {
    update(tally) {
      if (performance.now() - last < LINE_EVERY_MS) return
      last = performance.now()
      const { accepted, rejected, rate, left } = shown(tally)
      const of = total === undefined ? '' : ` of ${total}`
      stream.write(
        `${tally.sent}${of} sent, ${accepted} accepted, ${rejected} rejected, ${rate} events/s, ${left} left\n`,
      )
    },
    stop: () => undefined,
  }
}
