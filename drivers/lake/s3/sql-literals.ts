/** What follows a prefix in those text literals of a statement that begin with it. */
export function literalsAfter(prefix: string, sql: string): readonly string[] {
  const paths = new Set<string>()
  const quoted = `'${prefix.replaceAll("'", "''")}`
  for (let at = sql.indexOf(quoted); at !== -1; at = sql.indexOf(quoted, at + 1)) {
    const start = at + quoted.length
    let end = start
    while (end < sql.length && (sql[end] !== "'" || sql[end + 1] === "'")) end += sql[end] === "'" ? 2 : 1
    paths.add(sql.slice(start, end).replaceAll("''", "'"))
  }
  return [...paths]
}
