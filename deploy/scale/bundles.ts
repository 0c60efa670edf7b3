import { execFile } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { CONTRACTS_PACKAGE } from '../../drivers/pipeline/compiled-package.ts'
import { FUNCTIONS } from '../generate/functions.ts'

const run = promisify(execFile)

/** Bytes of the largest function with its layers, as Lambda unpacks them. */
export async function largestFunction(root: string) {
  const sizes = await Promise.all(
    Object.entries(FUNCTIONS).map(async ([name, { layers }]) => {
      const folders = [name, ...layers.map(layer => join('layers', layer))]
      const bytes = await Promise.all(folders.map(folder => sizeOf(join(root, '.build', folder))))
      return { name, bytes: bytes.reduce((all, one) => all + one, 0) }
    }),
  )
  return sizes.toSorted((a, b) => b.bytes - a.bytes)[0]!
}

/** What the compiled contracts add to the start of every function: ms, and MB of memory. */
export async function startOfContracts(root: string) {
  const module = join(root, '.build/layers/contracts/nodejs/node_modules', CONTRACTS_PACKAGE, 'index.mjs')
  const script = `
    const [before, began] = [process.memoryUsage().rss, performance.now()]
    await import(${JSON.stringify(pathToFileURL(module).href)})
    console.log(JSON.stringify({ ms: performance.now() - began, mb: (process.memoryUsage().rss - before) / 2 ** 20 }))`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: root })
  return JSON.parse(stdout) as { readonly ms: number; readonly mb: number }
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => entry.isFile())
  const stats = await Promise.all(files.map(({ parentPath, name }) => stat(join(parentPath, name))))
  return stats.reduce((all, { size }) => all + size, 0)
}
