import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/**
 * Makes what `npm pack` packs: `dist/`, the program as JavaScript in the folders that its source has
 * (docs/decisions/0098). Node runs TypeScript as it is, but not below node_modules.
 */
const ROOT = resolve(import.meta.dirname, '..')
const OUT = join(ROOT, 'dist')

/** What the program reads beside its modules. */
const FILES = ['state-machines', 'resources', 'console/dist', 'local/cli/typed-client/typescript.ts']

/** What the compiler leaves, since it is no import: each is found at least once, or the build fails. */
const TEXTS = [
  { what: 'files of threads and processes', from: /-worker\.ts'/g, to: "-worker.js'" },
  {
    what: 'what drafts of contracts import',
    from: /import Type from 'typebox'\nimport \{ defineContract \} from '..\/..\/core\/declare\/contract.ts'/g,
    to: "import { defineContract, Type } from 'tributary'",
  },
  {
    what: 'what drafts of metrics import',
    from: /import \{ (.+) \} from '..\/..\/core\/declare\/measures.ts'\nimport \{ defineMetric \} from '..\/..\/core\/declare\/metric.ts'/g,
    to: "import { $1, defineMetric } from 'tributary'",
  },
]

rmSync(OUT, { recursive: true, force: true })
execFileSync(
  process.execPath,
  [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.package.json'],
  {
    ...{ cwd: ROOT, stdio: 'inherit' },
  },
)
for (const file of FILES) {
  if (!existsSync(join(ROOT, file)))
    throw new Error(`${file} is missing; npm run build:console makes the console`)
  cpSync(join(ROOT, file), join(OUT, file), { recursive: true })
}
rewriteTexts()
// Declarations are what a project's own files are checked with; nothing else of the package is imported.
for (const name of globSync('{steps,drivers,functions,local}/**/*.d.ts', { cwd: OUT }))
  rmSync(join(OUT, name))
process.stdout.write(`package: ${globSync('**/*.js', { cwd: OUT }).length} modules in dist\n`)

function rewriteTexts(): void {
  const found = TEXTS.map(() => 0)
  for (const name of globSync('{core,drivers,local}/**/*.js', { cwd: OUT })) {
    const text = readFileSync(join(OUT, name), 'utf8')
    const rewritten = TEXTS.reduce((before, { from, to }, at) => {
      found[at]! += before.match(from)?.length ?? 0
      return before.replace(from, to)
    }, text)
    if (rewritten !== text) writeFileSync(join(OUT, name), rewritten)
  }
  const missing = TEXTS.filter((_, at) => found[at] === 0)
  if (missing.length > 0) throw new Error(`not found: ${missing.map(({ what }) => what).join(', ')}`)
}
