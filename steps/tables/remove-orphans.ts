import { formatInstant, parseInstant } from '../../core/data/time.ts'
import { readAvro } from '../../core/iceberg/avro.ts'
import { SUCCESSOR } from '../../core/iceberg/changed-by-others.ts'
import { type Entry, readList } from '../../core/iceberg/manifest.ts'
import { currentSnapshot, type TableMetadata } from '../../core/iceberg/table-metadata.ts'
import { tableFolder } from '../../core/lake/lake-paths.ts'
import type { OpenTable } from '../../core/lake/open-table.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import { readHead, type TablePorts } from './table-head.ts'

const DAY_MS = 86_400_000

/** Data files that looks read a day: of a table of more, a look reads all, and the next one comes later. */
const FILES_A_DAY = 4096

/** Files of one look: the rest is found by the next. */
const MOST = 10_000

/**
 * Removes files of a table that no snapshot names, as crashes and commits that came second leave some: those
 * that were so a day ago and still are, as a commit of another engine may be under way. Answers how many, or
 * undefined where the last look is not a day old.
 *
 * A look reads what the table holds, and there are the fewer of them the more that is: a day of them costs
 * the same however long the table is.
 */
export async function removeOrphans(
  ports: TablePorts & { readonly lake: LakeFolder },
  table: OpenTable,
): Promise<number | undefined> {
  const { lake, files, now } = ports
  const place = tableFolder(table.namespace, table.table)
  const looks = (await lake.list(`${place}/${LOOKS}`)).map(({ path }) => path)
  const last = looks.at(-1)
  if (last !== undefined && now() - timeOf(last) < DAY_MS) return undefined
  const { location, metadata } = await readHead(ports, table)
  if (metadata === undefined) return undefined
  if (last !== undefined && now() - timeOf(last) < daysBetween(metadata) * DAY_MS) return undefined
  const folder = files.folder(table.namespace, table.table)
  const uriOf = (path: string) => `${folder}${path.slice(place.length)}`
  const there = (await lake.list(place)).map(({ path }) => path).filter(path => !looks.includes(path))
  // Named before they are looked for: what is written meanwhile is not among those that were there.
  const named = await namedBy(ports, table, metadata, location!)
  const unnamed = there
    .map(uriOf)
    .filter(uri => !named.has(plain(uri)))
    .slice(0, MOST)
  const before = new Set(last === undefined ? [] : (await files.read(uriOf(last))).toString().split('\n'))
  const orphans = unnamed.filter(uri => before.has(uri))
  await files.remove([...orphans, ...looks.map(uriOf)])
  const rest = unnamed.filter(uri => !before.has(uri))
  const look = `${folder}/${LOOKS}/at=${formatInstant(now()).replaceAll(':', '')}.txt`
  await files.write(look, Buffer.from(rest.join('\n')))
  return orphans.length
}

/** Days between two looks at a table; one where it does not say how many files it has. */
function daysBetween(metadata: TableMetadata): number {
  const files = Number(currentSnapshot(metadata)?.summary['total-data-files'] ?? 0)
  return Math.max(1, Math.ceil(files / FILES_A_DAY))
}

/** Folder of what each look has found, one object, named after its time. */
const LOOKS = 'unnamed'

function timeOf(path: string): number {
  const [, day = '', time = ''] = /\/at=(\d{4}-\d\d-\d\dT)(\d{6}(?:\.\d+)?)Z\.txt$/.exec(path) ?? []
  return parseInstant(`${day}${time.replace(/^(\d\d)(\d\d)/, '$1:$2:')}Z`) ?? 0
}

/** Spark writes `file:/…` where we write `file:///…`. */
const plain = (uri: string) => uri.replace(/^file:\/+/, 'file:/')

/** What a table needs, and what the one needs that is filled beside it. */
async function namedBy(
  ports: TablePorts,
  table: OpenTable,
  metadata: TableMetadata,
  location: string,
): Promise<ReadonlySet<string>> {
  const named = await namedIn(ports, metadata, location)
  const successor = metadata.properties[SUCCESSOR]
  if (successor === undefined) return named
  const catalog = { ...ports.catalog, location: async () => successor }
  const beside = (await readHead({ ...ports, catalog }, table)).metadata
  return beside === undefined ? named : named.union(await namedIn(ports, beside, successor))
}

/** Every file that the metadata, or a snapshot of it, names. */
async function namedIn(
  { files }: TablePorts,
  metadata: TableMetadata,
  location: string,
): Promise<ReadonlySet<string>> {
  const named = new Set([location, ...(metadata['metadata-log'] ?? []).map(each => each['metadata-file'])])
  const manifests = new Set<string>()
  for (const { 'manifest-list': list } of metadata.snapshots ?? []) {
    named.add(list)
    for (const each of readList(await files.read(list))) manifests.add(each.manifest_path)
  }
  const found = new Set([...named, ...manifests].map(plain))
  for (const path of manifests)
    for (const { data_file: file } of readAvro<Entry>(await files.read(path)).records)
      found.add(plain(file.file_path))
  return found
}
