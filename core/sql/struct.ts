import type { Field, FieldKind } from '../data/fields.ts'

/** How an engine writes the type of nested data. */
export type StructSyntax = {
  leaf(kind: FieldKind): string
  node(children: readonly (readonly [key: string, type: string])[]): string
}

type Tree = Map<string, Tree | FieldKind>

/** The nested type that holds the given leaves. */
export function structOf(fields: readonly Field[], syntax: StructSyntax): string {
  const root: Tree = new Map()
  for (const field of fields) insert(root, field.path, field.kind)
  return render(root, syntax)
}

function insert(tree: Tree, [key, ...rest]: readonly string[], kind: FieldKind): void {
  if (rest.length === 0) {
    tree.set(key!, kind)
    return
  }
  const child = tree.get(key!)
  const branch: Tree = child instanceof Map ? child : new Map()
  tree.set(key!, branch)
  insert(branch, rest, kind)
}

function render(tree: Tree, syntax: StructSyntax): string {
  return syntax.node(
    [...tree].map(([key, child]) => [key, child instanceof Map ? render(child, syntax) : syntax.leaf(child)]),
  )
}
