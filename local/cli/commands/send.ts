import { TributaryError, toTributaryError } from '../../../core/errors.ts'
import { batchesOf, openInput, readEvents } from '../batches.ts'
import { type Connection, connect } from '../client.ts'
import { type Environment, print, Unsuccessful } from '../environment.ts'
import { startProgress } from '../progress.ts'
import { type RejectedLine, sendBatches, type Tally } from '../sending.ts'
import { addTold, nothingTold, printTold, type Told } from '../told.ts'

export type SendFlags = Connection & { readonly gzip?: boolean; readonly connections?: string }

/** Rejections that are shown one by one; the platform keeps all of them. */
const MAX_SHOWN = 20

/** `tributary send [file]`. */
export async function send(
  environment: Environment,
  file: string | undefined,
  flags: SendFlags,
): Promise<void> {
  const client = await connect(environment, flags)
  const rejected: RejectedLine[] = []
  const told = nothingTold()
  const progress = startProgress(environment, undefined)
  const batches = batchesOf(readEvents(openInput(file, environment.input)))
  const { tally, failure } = await sendBatches(client, batches, {
    gzip: flags.gzip ?? false,
    connections: wholeNumber('--connections', flags.connections ?? '1', 64),
    signal: environment.signal,
    onProgress: progress.update,
    onRejected: one => {
      if (rejected.length < MAX_SHOWN) rejected.push(one)
    },
    onAnswer: (answer, placeOf) => addTold(told, answer, placeOf),
    onWait: progress.wait,
  }).finally(progress.stop)
  if (failure !== undefined && tally.sent + tally.accepted === 0) throw failure
  report(environment, flags, tally, { rejected, told })
  if (failure !== undefined) throw unfinished(failure)
  if (tally.rejected > 0 || environment.signal.aborted) throw new Unsuccessful()
}

function report(
  environment: Environment,
  { json }: SendFlags,
  tally: Tally,
  { rejected, told }: { readonly rejected: readonly RejectedLine[]; readonly told: Told },
): void {
  if (json) {
    print(environment, JSON.stringify({ ...tally, rejections: rejected, ...told }))
    return
  }
  print(environment, `${tally.sent} sent, ${tally.accepted} accepted, ${tally.rejected} rejected`)
  if (tally.rounded > 0)
    print(environment, `${tally.rounded} have a number of more decimal places than its contract keeps`)
  for (const { index, id, code, detail } of rejected)
    print(environment, `  event ${index + 1} (id ${id ?? 'unknown'}): ${code}: ${detail}`)
  if (tally.rejected > rejected.length) print(environment, '  … tributary rejected list shows the rest')
  printTold(environment, told)
}

/** What was sent before is on the platform's disk, and counts once. */
function unfinished(failure: unknown): TributaryError {
  const { code, message } = toTributaryError(failure)
  const detail = `${message}; not all was sent: mend that, and send all of it again (an id counts once)`
  return new TributaryError(code, detail, { cause: failure })
}

/** A flag that is a whole number from 1. */
export function wholeNumber(flag: string, text: string, most: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : 0
  if (value >= 1 && value <= most) return value
  throw new TributaryError('invalid_setting', `${flag} "${text}" is not possible; give 1 to ${most}`)
}
