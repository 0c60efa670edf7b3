import { TributaryError } from '../../core/errors.ts'
import type { Resources } from './cloudformation.ts'

/** Something that is declared, or listed in a table, and what is made from it. */
export type Thing = {
  /** As its author calls it: `event type com.shop.order`. */
  readonly what: string
  /** Its generated file, without an ending. */
  readonly file: string
  readonly resources: Resources
}

/**
 * Names become logical ids and files by leaving out what these cannot hold, so that `order.item` and
 * `orderItem` become one. The later would replace the earlier, and a table or schedule would not be there.
 *
 * @param folders things by the folder that their files are in
 * @throws TributaryError `invalid_declaration` naming both and the remedy
 */
export function requireDistinct(folders: ReadonlyMap<string, readonly Thing[]>): void {
  const owners = new Map<string, string>()
  for (const [folder, things] of folders) {
    owners.set(`${folder}/index`, `the list of ${folder}`)
    // Some file systems do not tell upper from lower case.
    for (const { what, file, resources } of things)
      for (const key of [`${folder}/${file.toLowerCase()}`, ...Object.keys(resources)]) {
        const other = owners.get(key)
        if (other !== undefined) throw clash(other, what, key)
        owners.set(key, what)
      }
  }
}

function clash(one: string, other: string, key: string): TributaryError {
  return new TributaryError(
    'invalid_declaration',
    `${one} and ${other} both become ${key} on AWS, where only letters and digits tell names apart, and upper from lower case not always; rename one of them`,
  )
}
