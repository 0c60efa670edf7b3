import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, dirname, join, posix, resolve } from 'node:path'

/**
 * Where the house drifts from its rules of size (CONTRIBUTING.md), printed by `npm run check`. Comments over
 * the line length and files over the largest size fail the check; the rest is a report to look at.
 */
const LINE = 110
const LARGEST_FILE = 300
const SMALLEST_FILE = 25
const LARGEST_FOLDER = 20

/** Folders whose sizes count: the program itself. */
const ROOMS = ['core', 'steps', 'drivers', 'functions', 'local', 'deploy', 'layers', 'pipeline', 'console']

/**
 * Small by their nature: generated, where threads and commands begin, loaded by name from written validators.
 */
const SMALL =
  /(^functions\/entries\/|\/(bin|start|run|decimal-step|distinct-items|regular-expression|formats)\.ts$|-(worker|child)\.ts$|\.d\.ts$)/

/** A table lists a file a kind, however small and however many. */
const TABLES = /(^functions\/entries$|\/table\.ts$)/

type Source = { readonly path: string; readonly lines: readonly string[] }

const root = resolve(import.meta.dirname, '..')
const sources = tracked().map(path => ({
  path,
  lines: readFileSync(join(root, path), 'utf8').trimEnd().split('\n'),
}))
const rooms = sources.filter(({ path }) => ROOMS.includes(path.split('/', 1)[0]!))
const failures = [...longComments(sources), ...largeFiles(rooms)]
for (const line of [...failures, ...fullFolders(rooms), ...onlySiblings(rooms)])
  process.stdout.write(`house: ${line}\n`)
process.stdout.write(`house: ${sizes(rooms)}; ${failures.length === 0 ? 'in order' : 'out of order'}\n`)
process.exitCode = failures.length === 0 ? 0 : 1

function tracked(): readonly string[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.tsx'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  )
  const deleted = execFileSync('git', ['ls-files', '--deleted'], { cwd: root, encoding: 'utf8' }).split('\n')
  return listed.split('\n').filter(path => path !== '' && !deleted.includes(path))
}

/** Code is broken by the formatter, so only comments need a rule of their own; examples in them are code. */
function longComments(files: readonly Source[]): readonly string[] {
  return files.flatMap(({ path, lines }) => {
    let isExample = false
    return lines.flatMap((line, at) => {
      isExample = line.includes('* @example') || (isExample && !line.includes('*/'))
      const isComment = /^\s*(\/\*\*|\*|\/\/)/.test(line) && !isExample && !line.includes('://')
      return isComment && line.length > LINE ? [`${path}:${at + 1}: a comment of ${line.length} columns`] : []
    })
  })
}

function largeFiles(files: readonly Source[]): readonly string[] {
  return files.flatMap(({ path, lines }) =>
    lines.length > LARGEST_FILE ? [`${path} has ${lines.length} lines; does it hold one idea?`] : [],
  )
}

function fullFolders(files: readonly Source[]): readonly string[] {
  const folders = Map.groupBy(files, ({ path }) => dirname(path))
  return [...folders].flatMap(([folder, { length }]) =>
    length > LARGEST_FOLDER && !TABLES.test(folder)
      ? [`${folder} holds ${length} files; is a folder missing?`]
      : [],
  )
}

/** Small files that one sibling alone reads: they belong into that sibling. */
function onlySiblings(files: readonly Source[]): readonly string[] {
  const importers = new Map<string, string[]>()
  for (const { path, lines } of files)
    for (const target of importsOf(path, lines))
      importers.set(target, [...(importers.get(target) ?? []), path])
  return files.flatMap(({ path, lines }) => {
    const [only, ...others] = importers.get(path) ?? []
    const isAlone = only !== undefined && others.length === 0 && dirname(only) === dirname(path)
    if (!isAlone || lines.length >= SMALLEST_FILE || SMALL.test(path) || TABLES.test(only)) return []
    return [`${path} (${lines.length} lines) is read by ${basename(only)} alone; merge them?`]
  })
}

function importsOf(path: string, lines: readonly string[]): readonly string[] {
  const found = lines.join('\n').matchAll(/(?:from|import\()\s*'(\.[^']+)'|^import '(\.[^']+)'/gm)
  return [...found].map(([, from, bare]) => posix.join(posix.dirname(path), (from ?? bare)!))
}

function sizes(files: readonly Source[]): string {
  const lengths = files.map(({ lines }) => lines.length).sort((a, b) => a - b)
  const at = (share: number) => lengths[Math.floor((lengths.length - 1) * share)]
  return `${files.length} files, lines a file: median ${at(0.5)}, p90 ${at(0.9)}, most ${at(1)}`
}
