import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

/** What `npx serverless package` leaves in its folder, as far as a deployment needs it. */
export type Package = {
  readonly stack: string
  readonly tags: Readonly<Record<string, string>>
  /** Template of the bucket alone, with which a stack begins. */
  readonly bucketTemplate: string
  readonly template: string
  /** Key of the template among the archives. */
  readonly templateKey: string
  /** Archives by the keys that the template names. */
  readonly archives: ReadonlyMap<string, string>
}

/**
 * Reads the folder of a package. @throws Error naming an archive that the template wants and that is not
 * there
 */
export async function readPackage(folder: string): Promise<Package> {
  const text = (name: string) => readFile(join(folder, name), 'utf8')
  const template = await text('cloudformation-template-update-stack.json')
  const state = JSON.parse(await text('serverless-state.json')) as {
    readonly service: { readonly provider: { readonly stackTags: Record<string, string> } }
    readonly package: { readonly artifactDirectoryName: string }
  }
  const tags = state.service.provider.stackTags
  const files = new Set(await readdir(folder))
  const keys = [...template.matchAll(/"S3Key":\s*"([^"]+)"/g)].map(([, key]) => key!)
  for (const key of keys)
    if (!files.has(basename(key)))
      throw new Error(`${basename(key)} is not in ${folder}; run npx serverless package --package ${folder}`)
  return {
    ...{ stack: tags['Stack']!, tags, template },
    bucketTemplate: await text('cloudformation-template-create-stack.json'),
    templateKey: `${state.package.artifactDirectoryName}/template.json`,
    archives: new Map(keys.map(key => [key, join(folder, basename(key))])),
  }
}
