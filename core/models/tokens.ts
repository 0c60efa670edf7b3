import { TributaryError } from '../errors.ts'

/** A piece of SQL: words in small letters, texts and quoted names without their quotes. */
export type Token = {
  readonly kind: 'word' | 'name' | 'number' | 'text' | 'sign' | 'end'
  readonly text: string
  readonly line: number
}

/** Where a model is refused: the file, and the line in it. */
export type Place = { readonly file: string; readonly line: number }

/** @throws TributaryError `invalid_declaration`: file, line, what is wrong, and what would be right */
export function refuse({ file, line }: Place, problem: string, remedy: string): never {
  throw new TributaryError('invalid_declaration', `${file} line ${line}: ${problem}; ${remedy}`)
}

const PATTERN =
  /(?<space>\s+|--[^\n]*|\/\*[\s\S]*?\*\/)|(?<number>\d+(?:\.\d+)?)|(?<word>[A-Za-z_]\w*)|'(?<text>(?:[^']|'')*)'|"(?<name>(?:[^"]|"")+)"|(?<sign><>|!=|<=|>=|\|\||[-+*/%(),.=<>;])/y

/**
 * Cuts SQL into tokens. A semicolon may end it.
 *
 * @throws TributaryError `invalid_declaration` naming a character that SQL here does not have
 */
export function tokensOf(sql: string, file: string): readonly Token[] {
  const tokens: Token[] = []
  const pattern = new RegExp(PATTERN)
  let line = 1
  for (let at = 0; at < sql.length; at = pattern.lastIndex) {
    pattern.lastIndex = at
    const match = pattern.exec(sql)
    if (match === null) refuse({ file, line }, unknownAt(sql, at), 'write it in the SQL of docs/models.md')
    const token = tokenOf(match.groups!)
    if (token !== undefined) tokens.push({ ...token, line })
    line += match[0].split('\n').length - 1
  }
  if (tokens.at(-1)?.text === ';') tokens.pop()
  return [...tokens, { kind: 'end', text: 'the end of the file', line }]
}

function tokenOf(groups: Readonly<Record<string, string | undefined>>): Omit<Token, 'line'> | undefined {
  const { number, word, text, name, sign } = groups
  if (number !== undefined) return { kind: 'number', text: number }
  if (word !== undefined) return { kind: 'word', text: word.toLowerCase() }
  if (text !== undefined) return { kind: 'text', text: text.replaceAll("''", "'") }
  if (name !== undefined) return { kind: 'name', text: name.replaceAll('""', '"') }
  if (sign !== undefined) return { kind: 'sign', text: sign === '!=' ? '<>' : sign }
  return undefined
}

function unknownAt(sql: string, at: number): string {
  if (sql[at] === "'" || sql[at] === '"') return `a ${sql[at]} is opened and never closed`
  return `${JSON.stringify(sql[at])} is not known`
}

/** Reads tokens one after the other. */
export type Cursor = ReturnType<typeof cursorOf>

export function cursorOf(tokens: readonly Token[], file: string) {
  let at = 0
  const peek = (ahead = 0): Token => tokens[Math.min(at + ahead, tokens.length - 1)]!
  const next = (): Token => {
    const token = peek()
    at = Math.min(at + 1, tokens.length - 1)
    return token
  }
  /** Whether the next tokens are these words or signs. */
  const sees = (...texts: readonly string[]) =>
    texts.every((text, i) => peek(i).text === text && ['word', 'sign'].includes(peek(i).kind))
  const takes = (...texts: readonly string[]): boolean => {
    if (!sees(...texts)) return false
    at += texts.length
    return true
  }
  const fails = (problem: string, remedy: string, line = peek().line): never =>
    refuse({ file, line }, problem, remedy)
  const needs = (text: string): void => {
    if (!takes(text))
      fails(
        `"${peek().text}" stands where ${text.toUpperCase()} is wanted`,
        `write ${text.toUpperCase()} there`,
      )
  }
  const name = (what: string): string => {
    const { kind, text } = peek()
    if (kind !== 'name' && (kind !== 'word' || RESERVED.has(text)))
      fails(
        `"${text}" stands where ${what} is wanted`,
        'write a name there, in double quotes where it is a word of SQL',
      )
    return next().text
  }
  return { peek, next, sees, takes, needs, name, fails, file }
}

/** Words that no name may be without quotes: else a slip such as a missing comma would be an alias. */
export const RESERVED: ReadonlySet<string> = new Set(
  `all and as asc between by case cast cross desc distinct else end except exists false fetch filter first for
  from full group having in inner intersect interval into is join lateral left like limit natural not null nulls
  offset on or order outer over partition right rows select set then true union using values when where window
  with`.split(/\s+/),
)
