import { filterPath, readFolder, tablePath } from './folder.ts'
import { closePagedFile, openPagedFile, readBody } from './paged-file.ts'

/**
 * Reads every page of the tables and filters of a folder; a running table verifies a page when it needs it.
 * @throws `corrupt_data` naming the file
 */
export async function verifyMarkers(folder: string): Promise<void> {
  const { tables, filters } = await readFolder(folder)
  const paths = [...tables.map(n => tablePath(folder, n)), ...filters.map(n => filterPath(folder, n))]
  for (const path of paths) {
    const file = openPagedFile(path)
    try {
      readBody(file)
    } finally {
      closePagedFile(file)
    }
  }
}
