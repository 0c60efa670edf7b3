import type { DocCommand } from './commands.ts'

/** The commands of a fence: each with the full-line comments below it, which are what it prints. */
export function commandLines(fence: string): readonly DocCommand[] {
  const commands: { text: string; shows: string | undefined }[] = []
  let begun = ''
  for (const line of fence.split('\n')) {
    const last = commands.at(-1)
    if (begun === '' && line.startsWith('#') && last !== undefined)
      last.shows = (last.shows ?? '') + line.replace(/^#\s*/, '').trimEnd()
    else begun += begun === '' ? line : `\n${line}`
    if (begun.trim() === '' || goesOn(begun)) continue
    commands.push({ text: withoutComment(begun).trim(), shows: undefined })
    begun = ''
  }
  if (begun.trim() !== '') throw new Error(`a command has no end:\n${begun}`)
  return commands
}

/** Whether the next line belongs to it: a backslash at its end, or a quote that is open. */
function goesOn(text: string): boolean {
  return text.endsWith('\\') || openQuote(text)
}

function openQuote(text: string): boolean {
  const closed = text.replaceAll(/"(?:[^"\\]|\\.)*"|'[^']*'/gs, '')
  return /["']/.test(closed)
}

/** A comment behind a command says what it does; none of ours has a number sign in quotes before one. */
function withoutComment(text: string): string {
  return text.replace(/\s+#\s[^'"\n]*$/, '')
}
