import { readdir, readFile } from 'node:fs/promises'

/** Processes of Java that were given a file of a folder. */
export async function childrenReading(folder: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const lines = await Promise.all(
    pids.map(async pid => [pid, await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')] as const),
  )
  return lines
    .filter(([, line]) => line.includes('SparkSQLCLIDriver') && line.includes(folder))
    .map(([pid]) => Number(pid))
}
