import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TributaryError } from '../../../core/errors.ts'
import { checkedJson, withCheck } from '../../files/checked-text.ts'
import { ifAbsent, replaceFile } from '../../files/durable.ts'

const FILE = 'remembered.json'

/** Earlier versions did not note their horizon: so many epochs, unless they were told otherwise. */
const FORMER_EPOCHS = 24

/**
 * Notes the horizon that a folder of markers is used with, ms. With a longer one than before, markers that
 * the batch layer goes by may be gone already, where any are.
 *
 * @param hasForgotten whether tables of the folder have been deleted
 * @throws `invalid_setting` where they may be gone: the layers would differ
 */
export async function noteHorizon(
  folder: string,
  { reach, epochLength }: { readonly reach: number; readonly epochLength: number },
  hasForgotten: boolean,
): Promise<void> {
  const path = join(folder, FILE)
  const text = await readFile(path, 'utf8').catch(ifAbsent(undefined))
  const noted = text === undefined ? undefined : (checkedJson(path, text) as { horizonMs: number }).horizonMs
  const before = noted ?? FORMER_EPOCHS * epochLength
  if (hasForgotten && reach > before)
    throw new TributaryError(
      'invalid_setting',
      `event ids are to be remembered for ${seconds(reach)}, and were for ${seconds(before)}: older ones are forgotten in ${folder}; ` +
        `go back to TRIBUTARY_DEDUPE_HORIZON=${seconds(before)}, or run "npx tributary doctor", which makes them anew from the raw lake`,
    )
  if (noted === reach) return
  await replaceFile(path, aside => writeFile(aside, withCheck(JSON.stringify({ horizonMs: reach }))))
}

const seconds = (ms: number) => `${Math.ceil(ms / 1000)}s`
