import { join } from 'node:path'
import type { InlineConfig } from 'vite'
import { stateGraphs } from './build/state-graphs.ts'

const HERE = import.meta.dirname

/**
 * How the console becomes static files (decision 0078): one page, its assets named by their content. No
 * plugin of Preact: JSX needs none, and one dependency less is one less to look after.
 *
 * @param outDir absolute path of the folder that is made anew
 */
export function consoleBuild(outDir: string): InlineConfig {
  return {
    root: HERE,
    configFile: false,
    logLevel: 'warn',
    plugins: [stateGraphs(join(HERE, '..', 'state-machines'))],
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2023',
      // A content security policy without `data:` is simpler to reason about.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      // A slow machine is no news.
      rolldownOptions: { checks: { pluginTimings: false } },
    },
  }
}
