import { readFile } from 'node:fs/promises'

/** A resource as a packaged template has it. */
export type TemplateResource = {
  readonly Type: string
  readonly Properties?: Readonly<Record<string, unknown>>
  readonly Metadata?: Readonly<Record<string, unknown>>
}

export type Template = { readonly Resources: Readonly<Record<string, TemplateResource>> }

/** Reads a packaged template. */
export async function readTemplate(file: string): Promise<Template> {
  return JSON.parse(await readFile(file, 'utf8')) as Template
}
