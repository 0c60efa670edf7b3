import type { S3Objects } from './s3.ts'

/**
 * Objects whose engine is loaded with the first call. For functions that seldom make one: S3's client is a
 * third of their code.
 *
 * @example createLazyS3Objects(async () => (await import('./s3-objects.ts')).s3Objects(bucket))
 */
export function createLazyS3Objects(load: () => Promise<S3Objects>): S3Objects {
  let loading: Promise<S3Objects> | undefined
  const objects = (): Promise<S3Objects> => {
    loading ??= load()
    return loading
  }
  return {
    put: async (...of) => (await objects()).put(...of),
    get: async (...of) => (await objects()).get(...of),
    list: async (...of) => (await objects()).list(...of),
    remove: async (...of) => (await objects()).remove(...of),
    copy: async (...of) => (await objects()).copy(...of),
    folders: async (...of) => (await objects()).folders(...of),
    upload: async (...of) => (await objects()).upload(...of),
    download: async (...of) => (await objects()).download(...of),
  }
}
