import type { LakeEngine, LakeSession } from '../../core/ports/lake-engine.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import { duckdbDialect } from '../../core/sql/duckdb/duckdb.ts'

/**
 * A folder of a lake as a lake of its own: one engine then serves many short tests. `root`: where the lake
 * is.
 */
export function lakeFolder(
  { lake, engine }: { readonly lake: LakeFolder; readonly engine: LakeEngine },
  root: string,
  folder: string,
): { readonly lake: LakeFolder; readonly engine: LakeEngine } {
  const inside = (path: string) => `${folder}/${path}`
  const session = (whole: LakeSession): LakeSession => ({
    ...whole,
    write: (query, path, format) => whole.write(query, inside(path), format),
  })
  return {
    engine: {
      ...engine,
      dialect: duckdbDialect(`${root}/${folder}`),
      session: work => engine.session(whole => work(session(whole))),
    },
    lake: {
      list: async path =>
        (await lake.list(inside(path))).map(object => ({
          ...object,
          path: object.path.slice(folder.length + 1),
        })),
      folders: path => lake.folders(inside(path)),
      remove: path => lake.remove(inside(path)),
      replace: (from, to) => lake.replace(inside(from), inside(to)),
      put: (path, text) => lake.put(inside(path), text),
    },
  }
}
