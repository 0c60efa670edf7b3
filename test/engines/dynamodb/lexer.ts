import { invalid } from './errors.ts'

export type Token = {
  readonly kind: 'name' | '#' | ':' | 'number' | 'text' | 'sign' | 'end'
  readonly text: string
}

/** Names, `#names`, `:values`, numbers, quoted texts, signs. */
const TOKEN =
  /\s*(?:(?<name>[A-Za-z_]\w*)|(?<hash>#\w+)|(?<colon>:\w+)|(?<number>\d+)|(?<text>"[^"]*"|'(?:[^']|'')*')|(?<sign><>|<=|>=|[=<>()[\]{},.+?:-]))/y

/** Reads the language of expressions, and that of statements, token by token. */
export type Tokens = {
  peek(ahead?: number): Token
  next(): Token
  /** Takes the next token where it is this word (in any case) or sign. */
  take(text: string): boolean
  expect(text: string): void
  end(): void
}

export function tokensOf(source: string, what: string): Tokens {
  const tokens = lex(source, what)
  let at = 0
  const end: Token = { kind: 'end', text: '<EOF>' }
  const peek = (ahead = 0) => tokens[at + ahead] ?? end
  const wrong = () => invalid(`Invalid ${what}: Syntax error; token: "${peek().text}"`)
  const take = (text: string) => {
    const { kind, text: found } = peek()
    const isIt = (kind === 'sign' && found === text) || (kind === 'name' && found.toUpperCase() === text)
    if (isIt) at += 1
    return isIt
  }
  return {
    peek,
    next: () => tokens[at++] ?? end,
    take,
    expect(text) {
      if (!take(text)) throw wrong()
    },
    end() {
      if (peek().kind !== 'end') throw wrong()
    },
  }
}

function lex(source: string, what: string): readonly Token[] {
  const tokens: Token[] = []
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < source.trimEnd().length; ) {
    const from = TOKEN.lastIndex
    const found = TOKEN.exec(source)?.groups
    if (found === undefined)
      throw invalid(`Invalid ${what}: Syntax error; token: "${source.slice(from, from + 10).trim()}"`)
    tokens.push(tokenOf(found))
  }
  return tokens
}

function tokenOf(found: Readonly<Record<string, string | undefined>>): Token {
  if (found['name'] !== undefined) return { kind: 'name', text: found['name'] }
  if (found['hash'] !== undefined) return { kind: '#', text: found['hash'] }
  if (found['colon'] !== undefined) return { kind: ':', text: found['colon'] }
  if (found['number'] !== undefined) return { kind: 'number', text: found['number'] }
  if (found['text'] !== undefined) return { kind: 'text', text: found['text'] }
  return { kind: 'sign', text: found['sign']! }
}
