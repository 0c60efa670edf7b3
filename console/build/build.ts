import { join } from 'node:path'

/**
 * Builds the console into `console/dist`. npm runs it after `npm ci` (`prepare`). Where the tools that
 * build it are left out (`npm ci --omit=dev`), it says so and is no failure: the platform runs without its
 * console.
 */
const OUT = join(import.meta.dirname, '..', 'dist')

if (isInstalled('vite') && isInstalled('preact') && isInstalled('uplot')) {
  const [{ build }, { consoleBuild }] = await Promise.all([import('vite'), import('../vite.config.ts')])
  const since = performance.now()
  await build(consoleBuild(OUT))
  process.stdout.write(`console: built in ${Math.round(performance.now() - since)} ms\n`)
} else
  process.stdout.write(
    'console: not built, as what builds it is not installed; npm ci without --omit=dev has it\n',
  )

function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name)
    return true
  } catch {
    return false
  }
}
