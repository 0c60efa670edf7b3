import type { Lake, LakeSession } from '../../core/ports/lake.ts'

/** A folder of a lake as a lake of its own: one engine then serves many short tests. */
export function lakeFolder(lake: Lake, folder: string): Lake {
  const inside = (path: string) => `${folder}/${path}`
  const session = (whole: LakeSession): LakeSession => ({
    ...whole,
    write: (sql, path, format) => whole.write(sql, inside(path), format),
  })
  return {
    session: work => lake.session(whole => work(session(whole))),
    list: async path =>
      (await lake.list(inside(path))).map(object => ({
        ...object,
        path: object.path.slice(folder.length + 1),
      })),
    folders: path => lake.folders(inside(path)),
    remove: path => lake.remove(inside(path)),
    replace: (from, to) => lake.replace(inside(from), inside(to)),
    put: (path, text) => lake.put(inside(path), text),
    address: path => lake.address(inside(path)),
  }
}
